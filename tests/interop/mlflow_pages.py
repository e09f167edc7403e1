#!/usr/bin/env python3
"""MLflow's own web pages over examples/mlflow_server, in a browser without a screen: experiments, runs, a chart of a
metric, a registered model and its version are shown, and nothing fails that the pages need.

usage: mlflow_pages.py --server PROGRAM [--pictures FOLDER]
77: a package (mlflow with its pages, playwright) or Chromium is not there
"""
import argparse
import math
import os
import pathlib
import shutil
import sys
import tempfile

os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true", GIT_PYTHON_REFRESH="quiet")
try:
    import mlflow
    from playwright.sync_api import sync_playwright

    import mlflow_pair
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(77)

PAGES = pathlib.Path(mlflow.__file__).parent / "server/js/build"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# What MLflow's own server has beside tracking and registry, and pages do without.
NOT_OURS = ("/assistant/", "/users/current", "/gateway", "get-artifact?path=MLmodel", "/traces/", "/scorers/", "/datasets/", "/prompts", "/ui-telemetry",
            "/demo/", "/experiments/search-datasets", "/jobs/", "/issues/", "/label-schemas", "/review-queues")


def fill(url):
    """Two experiments, three runs in each, and a model of two versions. Returns a run's id."""
    mlflow.set_tracking_uri(url)
    client = mlflow.MlflowClient(url)
    for name in ("tuning", "forecast"):
        mlflow.set_experiment(name)
        for rate in (0.1, 0.03, 0.01):
            with mlflow.start_run(run_name=f"rate {rate}") as run:
                mlflow.log_params({"rate": rate, "net": "mlp"})
                for step in range(30):
                    mlflow.log_metrics({"loss": math.exp(-rate * step)}, step=step)
                mlflow.log_text("hello", "notes/readme.md")
    client.create_registered_model("churn", description="Who leaves")
    for _ in range(2):
        client.create_model_version("churn", f"{run.info.artifact_uri}/notes", run.info.run_id)
    client.set_registered_model_alias("churn", "champion", "2")
    return run.info


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--pictures", help="where pictures of the pages are kept")
    args = parser.parse_args()
    if not (PAGES / "index.html").exists() or BROWSER is None:
        print("no pages of MLflow's, or no Chromium", file=sys.stderr)
        return 77
    failed = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as plays:
        with mlflow_pair.our_server(os.path.abspath(args.server), pathlib.Path(folder), "--ui", str(PAGES)) as url:
            run = fill(url)
            of = f"/#/experiments/{run.experiment_id}"
            training = "?workflowType=machine_learning"
            browser = plays.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.on("response", lambda got: failed.append(f"{got.status} {got.request.method} {got.url}") if got.status >= 400 and
                    not any(each in got.url for each in NOT_OURS) else None)
            for name, path, texts in (("experiments", f"/#/experiments{training}", ("tuning", "forecast")),
                                      ("runs", f"{of}/runs{training}", ("rate 0.1", "rate 0.03", "rate 0.01")),
                                      ("run", f"{of}/runs/{run.run_id}{training}", ("rate 0.01", "mlp", "Finished", "churn")),
                                      ("chart", f"{of}/runs/{run.run_id}/model-metrics{training}", ("loss", "Step")),
                                      ("artifacts", f"{of}/runs/{run.run_id}/artifacts{training}", ("notes",)),
                                      ("models", f"/#/models{training}", ("churn",)),
                                      ("model", f"/#/models/churn{training}", ("Who leaves", "champion")),
                                      ("version", f"/#/models/churn/versions/2{training}", ("churn", "champion"))):
                page.goto(url + path, wait_until="commit", timeout=300_000)
                for text in texts:
                    page.get_by_text(text).first.wait_for(timeout=300_000)
                if name == "chart":  # a line of points
                    page.locator(".js-plotly-plot .scatterlayer path").first.wait_for(timeout=300_000, state="attached")
                page.wait_for_timeout(500)
                if args.pictures:
                    page.screenshot(path=str(pathlib.Path(args.pictures) / f"{name}.png"))
            browser.close()
    for each in sorted(set(failed)):
        print(each)
    print(f"MLflow {mlflow.__version__}'s pages: {len(set(failed))} requests failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
