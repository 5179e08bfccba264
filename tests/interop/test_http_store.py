"""Zarr on web servers that speak TLS, and those that send their visitors elsewhere. The certificates are made here."""
import contextlib
import http.server
import json
import os
import ssl
import subprocess
import threading

import numpy as np
import pytest
import zarr

import engram

VALUES = np.arange(12, dtype="<i4").reshape(3, 4)


class Pages(http.server.BaseHTTPRequestHandler):
    """Serves the directory `root`; what lies in `redirects` is elsewhere."""
    root = None
    redirects = {}
    seen = None

    def do_GET(self):
        self.seen.append(self.path)
        for start, target in self.redirects.items():
            if self.path.startswith(start):
                self.send_response(302)
                self.send_header("Location", target + self.path.removeprefix(start))
                self.send_header("Content-Length", "0")
                return self.end_headers()
        path = self.root / self.path.lstrip("/")
        body = path.read_bytes() if path.is_file() else b""
        self.send_response(200 if path.is_file() else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # A client that does not like the certificate hangs up.


@contextlib.contextmanager
def serving(root, certificate=None, redirects=None):
    """The URL of a server on the loopback interface, and the list of what it was asked for."""
    seen = []
    handler = type("Handler", (Pages,), {"root": root, "redirects": redirects or {}, "seen": seen})
    with Server(("127.0.0.1", 0), handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.with_suffix(".pem"), certificate.with_suffix(".key"))
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_address[1]}", seen
        finally:
            server.shutdown()
            thread.join()


def make_certificate(directory, name, host):
    """A certificate that is signed by itself; the path without its ending."""
    path = directory / name
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={host}",
                    "-keyout", f"{path}.key", "-out", f"{path}.pem"], check=True, capture_output=True)
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A directory with a small store in it, and two certificates."""
    root = tmp_path_factory.mktemp("http")
    group = zarr.open_group(str(root / "x.zarr"), mode="w")
    group.create_dataset("a", data=VALUES, chunks=(2, 3))
    zarr.consolidate_metadata(str(root / "x.zarr"))
    make_certificate(root, "good", "IP:127.0.0.1")
    make_certificate(root, "other", "DNS:other.example")
    return root


def look(url, ca_file=None, path="/a"):
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("CURL_CA_BUNDLE", "SSL_CERT_FILE") and not name.lower().endswith("_proxy")}
    if ca_file:
        environment["CURL_CA_BUNDLE"] = str(ca_file)
    return engram.run("cat", url, path, "--format", "json", env=environment)


def test_a_certificate_that_nobody_vouches_for_is_refused(place):
    with serving(place, place / "good") as (url, seen):
        result = look(f"{url}/x.zarr")
    assert result.code == 8, result.told()
    assert "certificate is not trusted" in result.err and "CURL_CA_BUNDLE" in result.err, result.told()
    assert f"{url}/x.zarr" in result.err, result.told()
    assert seen == [], "nothing is asked of a server that is not trusted"


def test_a_certificate_that_the_user_trusts_is_taken(place):
    with serving(place, place / "good") as (url, _):
        result = look(f"{url}/x.zarr", place / "good.pem")
    assert result.code == 0, result.told()
    assert json.loads(result.out) == VALUES.tolist()


@pytest.mark.parametrize("certificate,trusted", [("good", "other"), ("other", "other")])
def test_another_certificate_or_another_host_is_refused(place, certificate, trusted):
    with serving(place, place / certificate) as (url, seen):
        result = look(f"{url}/x.zarr", place / f"{trusted}.pem")
    assert result.code == 8, result.told()
    assert "certificate is not trusted" in result.err, result.told()
    assert seen == []


def test_a_file_of_certificates_that_is_not_there_is_named(place):
    with serving(place, place / "good") as (url, _):
        result = look(f"{url}/x.zarr", place / "none.pem")
    assert result.code == 8, result.told()
    assert "certificate" in result.err and "none.pem" in result.err, result.told()


def test_https_leads_to_https_and_nowhere_else(place):
    with serving(place) as (plain, plain_seen), serving(place, place / "good") as (secure, _):
        redirects = {"/plain/": f"{plain}/", "/file/": f"file://{place}/", "/ftp/": "ftp://127.0.0.1/",
                     "/secure/": f"{secure}/", "/endless/": "/endless/"}
        with serving(place, place / "good", redirects) as (url, seen):
            for kind in ("plain", "file", "ftp"):
                result = look(f"{url}/{kind}/x.zarr", place / "good.pem")
                assert result.code == 8, result.told()
                assert "not supported or disabled" in result.err, result.told()
            assert plain_seen == []
            result = look(f"{url}/secure/x.zarr", place / "good.pem")
            assert json.loads(result.out) == VALUES.tolist(), result.told()
            del seen[:]
            result = look(f"{url}/endless/x.zarr", place / "good.pem")
            assert result.code == 8 and "redirects" in result.err, result.told()
            assert len(seen) == 6, "the request, and the five redirections that are followed"


def test_http_may_lead_to_https(place):
    with serving(place, place / "good") as (secure, _), serving(place, None, {"/": f"{secure}/"}) as (url, _):
        result = look(f"{url}/x.zarr", place / "good.pem")
        assert json.loads(result.out) == VALUES.tolist(), result.told()
        result = look(f"{url}/x.zarr")
        assert result.code == 8 and "certificate is not trusted" in result.err, result.told()
