"""What the service is deployed by, against the service itself: service_deploy.py FOLDER [SERVICE].

FOLDER is examples/service. Without SERVICE, what only the program can say is left out.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

FOLDER = SERVICE = None


def read(name):
    return (FOLDER / "deploy" / name).read_text()


def documents(name):
    return [each for each in yaml.safe_load_all(read(name)) if each]


class Deployment(unittest.TestCase):
    def test_unit_of_systemd(self):
        sections, section = {}, None
        for line in read("payments.service").splitlines():
            if line.startswith("["):
                section = sections.setdefault(line.strip("[]"), {})
            elif line and not line.startswith("#"):
                key, value = line.split("=", 1)
                section.setdefault(key, []).append(value)
        self.assertEqual(set(sections), {"Unit", "Service", "Install"})
        service = sections["Service"]
        drain = int(re.search(r"drain_limit: (\d+)s", (FOLDER / "service.yaml").read_text())[1])
        self.assertGreater(int(service["TimeoutStopSec"][0]), drain)
        self.assertEqual(service["KillSignal"], ["SIGTERM"])
        self.assertIn("-HUP $MAINPID", service["ExecReload"][0])
        self.assertIn("SERVICE_FOLDER=/var/lib/" + service["StateDirectory"][0], service["Environment"])
        self.assertEqual(service["DynamicUser"], ["yes"])
        credential = service["LoadCredential"][0].split(":")[0]
        self.assertIn(f"SERVICE_TOKEN_FILE=%d/{credential}", service["Environment"])

    def test_systemd_accepts_the_unit(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("there is no systemd-analyze")
        with tempfile.TemporaryDirectory() as scratch:
            program = pathlib.Path(scratch, "payments-service")
            program.write_text("#!/bin/sh\n")
            program.chmod(0o755)
            unit = pathlib.Path(scratch, "payments.service")
            unit.write_text(read("payments.service").replace("/usr/local/bin/payments-service", str(program)))
            told = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit],
                                  capture_output=True, text=True, timeout=60)
            about = [line for line in told.stderr.splitlines() if "payments.service" in line]
            self.assertEqual(about, [])

    def test_image(self):
        text = re.sub(r"\\\n", " ", read("Dockerfile"))
        steps = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]
        stages = [rest for step, rest in steps if step == "FROM"]
        self.assertEqual(stages, ["debian:12-slim AS build", "debian:12-slim"], "two stages, both of Debian")
        last = steps[max(i for i, step in enumerate(steps) if step[0] == "FROM"):]
        of = {}
        for step, rest in last:
            of.setdefault(step, []).append(rest)
        self.assertRegex(of["USER"][-1], r"^[1-9]\d*:[1-9]\d*$", "a number, so that Kubernetes can tell it is not root")
        self.assertIn(f"--uid {of['USER'][-1].split(':')[0]}", of["RUN"][0])
        self.assertEqual(of["STOPSIGNAL"], ["SIGTERM"])
        self.assertEqual(json.loads(of["ENTRYPOINT"][0]), ["/usr/local/bin/payments-service"], "no shell, so signals arrive")
        copied = [rest.split()[-2:] for rest in of["COPY"]]
        self.assertIn(["/build/examples/service/service", "/usr/local/bin/payments-service"], copied)
        for source, _ in copied:
            if not source.startswith("/build"):
                self.assertTrue((FOLDER.parent.parent / source).exists(), source)
        self.assertEqual(set(of["EXPOSE"][0].split()), {"8080", "9090"})
        for run in (rest for step, rest in steps if step == "RUN" and "apt-get install" in rest):
            self.assertIn("--no-install-recommends", run)
            self.assertIn("rm -rf /var/lib/apt/lists/*", run)

    def test_packages_of_the_image_are_those_of_debian(self):
        release = pathlib.Path("/etc/os-release")
        if not shutil.which("apt-cache") or 'VERSION_ID="12"' not in (release.read_text() if release.exists() else ""):
            self.skipTest("this is not Debian 12")
        text = re.sub(r"\\\n", " ", read("Dockerfile"))
        for install in re.findall(r"apt-get install -y --no-install-recommends ([^&]*)&&", text):
            packages = install.split()
            told = subprocess.run(["apt-cache", "policy", *packages], capture_output=True, text=True, timeout=60)
            there = re.findall(r"^(\S+):\n.*\n  Candidate: [^(\n]", told.stdout, re.M)
            self.assertEqual(set(packages) - set(there), set(), "Debian has no such packages")

    def test_compose(self):
        compose = documents("compose.yaml")[0]
        services = compose["services"]
        self.assertEqual(set(services), {"kafka", "redis", "payments", "prometheus", "grafana"})
        for name, each in services.items():
            self.assertTrue(("image" in each) != ("build" in each), name)
            if "image" in each:
                self.assertRegex(each["image"], r":v?[0-9][\w.-]*$", "a version, and none that moves")
            for port in each.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), f"{name} is reached from this machine alone")
            for other, how in each.get("depends_on", {}).items():
                self.assertEqual(how["condition"], "service_healthy")
                self.assertIn("healthcheck", services[other])
            for volume in each.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("./"):
                    self.assertTrue((FOLDER / "deploy" / source).is_file(), source)
                else:
                    self.assertIn(source, compose["volumes"])
        payments = services["payments"]
        context = (FOLDER / "deploy" / payments["build"]["context"]).resolve()
        self.assertTrue((context / payments["build"]["dockerfile"]).is_file())
        self.assertEqual(payments["environment"]["SERVICE_TOKEN_FILE"], "/run/secrets/" + payments["secrets"][0])
        self.assertIn(payments["secrets"][0], compose["secrets"])
        broker = services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].removeprefix("PLAINTEXT://")
        self.assertEqual(payments["environment"]["KAFKA_BROKERS"], broker)
        for name in payments["environment"]:
            self.assertRegex(name, r"^(SERVICE_[A-Z_]+|KAFKA_BROKERS)$", "a variable that the service reads")

    def test_prometheus_and_grafana(self):
        prometheus = documents("prometheus.yaml")[0]
        mounts = dict(each.split(":")[1::-1] for each in
                      documents("compose.yaml")[0]["services"]["prometheus"]["volumes"])
        self.assertIn(prometheus["rule_files"][0], mounts)
        targets = prometheus["scrape_configs"][0]["static_configs"][0]["targets"]
        self.assertEqual(targets, ["payments:9090"])
        grafana = dict(each.split(":")[1::-1] for each in documents("compose.yaml")[0]["services"]["grafana"]["volumes"])
        path = documents("grafana/provider.yaml")[0]["providers"][0]["options"]["path"]
        self.assertIn(path + "/dashboard.json", grafana)
        self.assertEqual(documents("grafana/source.yaml")[0]["datasources"][0]["url"], "http://prometheus:9090")
        dashboard = json.loads(read("grafana/dashboard.json"))
        asked = json.dumps(dashboard)
        for metric in ("millrace_service_events_total", "process_resident_memory_bytes", "millrace_service_lag", "millrace_http_requests_total",
                       "millrace_ml_predictions_total", "millrace_ml_model_score"):
            self.assertIn(metric, asked)
        rules = documents("grafana/alerts.yaml")[0]["groups"][0]["rules"]
        self.assertIn("EventsWait", {each["alert"] for each in rules})

    def test_the_service_writes_what_is_provisioned(self):
        if SERVICE is None:
            self.skipTest("the service is not built")
        with tempfile.TemporaryDirectory() as scratch:
            told = subprocess.run([SERVICE, "--config", FOLDER / "service.yaml", "--set", f"folder={scratch}/state",
                                   "--write-dashboards", scratch], capture_output=True, text=True, timeout=60)
            self.assertEqual(told.returncode, 0, told.stderr)
            for name in ("dashboard.json", "alerts.yaml"):
                self.assertEqual(pathlib.Path(scratch, name).read_text(), read("grafana/" + name),
                                 "write it anew: service --write-dashboards examples/service/deploy/grafana")

    def test_the_service_takes_the_settings(self):
        if SERVICE is None:
            self.skipTest("the service is not built")
        with tempfile.TemporaryDirectory() as scratch:
            token = pathlib.Path(scratch, "token")
            token.write_text("t0ken")
            token.chmod(0o600)
            configured = pathlib.Path(scratch, "service.yaml")
            text = documents("kubernetes/settings.yaml")[0]["data"]["service.yaml"]
            configured.write_text(text.replace("/etc/payments-token/token", str(token)))
            for path in (FOLDER / "service.yaml", configured):
                told = subprocess.run([SERVICE, "--config", path, "--check"], capture_output=True, text=True, timeout=60)
                self.assertEqual(told.returncode, 0, told.stderr)
                self.assertNotIn("t0ken", told.stdout)

    def test_kubernetes(self):
        all_of = [each for name in ("settings", "service", "replicas", "scaling")
                  for each in documents(f"kubernetes/{name}.yaml")]
        kinds = {}
        for each in all_of:
            self.assertIn("app.kubernetes.io/name", each["metadata"]["labels"])
            kinds.setdefault(each["kind"], []).append(each)
        self.assertEqual(set(kinds), {"ConfigMap", "Service", "StatefulSet", "HorizontalPodAutoscaler",
                                      "PodDisruptionBudget"})
        replicas = kinds["StatefulSet"][0]["spec"]
        pod = replicas["template"]["spec"]
        container = pod["containers"][0]
        ports = {each["name"]: each["containerPort"] for each in container["ports"]}
        settings = yaml.safe_load(kinds["ConfigMap"][0]["data"]["service.yaml"])
        self.assertEqual(ports, {"http": settings["http"]["port"], "inside": settings["inside"]["port"]})
        for probe, path in (("startupProbe", "/live"), ("livenessProbe", "/live"), ("readinessProbe", "/ready")):
            self.assertEqual(container[probe]["httpGet"], {"path": path, "port": "inside"})
        drain = int(settings["drain_limit"].removesuffix("s"))
        self.assertGreater(pod["terminationGracePeriodSeconds"], drain)
        self.assertTrue(pod["securityContext"]["runAsNonRoot"])
        self.assertEqual(f"USER {pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}",
                         re.search(r"^USER .*$", read("Dockerfile"), re.M)[0])
        self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
        self.assertEqual(container["securityContext"]["capabilities"], {"drop": ["ALL"]})
        self.assertIn("memory", container["resources"]["limits"])
        mounted = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
        given = {each["name"] for each in pod["volumes"]} | {each["metadata"]["name"]
                                                            for each in replicas["volumeClaimTemplates"]}
        self.assertEqual(set(mounted), given)
        self.assertEqual(mounted["state"], settings["folder"])
        self.assertEqual(settings["http"]["token"], f"file:{mounted['token']}/token")
        self.assertEqual(container["args"], ["--config", mounted["settings"] + "/service.yaml"])
        labels = replicas["template"]["metadata"]["labels"]
        for each in kinds["Service"]:
            self.assertLessEqual(each["spec"]["selector"].items(), labels.items())
            for port in each["spec"]["ports"]:
                self.assertIn(port["targetPort"], ports)
        self.assertIn(replicas["serviceName"], {each["metadata"]["name"] for each in kinds["Service"]})
        scaling = kinds["HorizontalPodAutoscaler"][0]["spec"]
        self.assertEqual((scaling["scaleTargetRef"]["kind"], scaling["scaleTargetRef"]["name"]),
                         ("StatefulSet", kinds["StatefulSet"][0]["metadata"]["name"]))
        self.assertLessEqual(scaling["minReplicas"], replicas["replicas"])
        self.assertLess(scaling["minReplicas"], scaling["maxReplicas"])
        self.assertEqual(scaling["metrics"][0]["resource"]["name"], "cpu")
        self.assertIn("cpu", container["resources"]["requests"], "what utilization is a part of")

    def test_kubernetes_schemas(self):
        try:
            import kubernetes_validate
        except ImportError:
            self.skipTest("kubernetes-validate (PyPI) is not there")
        for path in sorted((FOLDER / "deploy/kubernetes").glob("*.yaml")):
            for each in yaml.safe_load_all(path.read_text()):
                kubernetes_validate.validate(each, "1.31", strict=True)


if __name__ == "__main__":
    if pathlib.Path(sys.argv[-1]).is_file():
        SERVICE = sys.argv.pop()
    FOLDER = pathlib.Path(sys.argv.pop()).resolve()
    unittest.main()
