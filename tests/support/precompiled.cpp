// The object whose precompiled header every test shares.
