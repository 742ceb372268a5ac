# SPDX-License-Identifier: MIT
"""Certificates for one run of the tests, made by openssl: an authority, a server and a client signed by it, and a stranger."""

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
import threading

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]


class Certificates:
    """Files: authority is a certificate; server, client and stranger are (certificate, key). The stranger signed itself."""

    def __init__(self, directory):
        self.directory = directory
        self.authority, key = self._make("authority", "-x509")
        signer = ["-x509", "-CA", self.authority, "-CAkey", key]
        self.server = self._make("localhost", *signer, "-addext", "subjectAltName=DNS:localhost")
        self.client = self._make("client", *signer)
        self.stranger = self._make("stranger", "-x509")

    def _make(self, name, *options):
        certificate, key = (os.path.join(self.directory, f"{name}.{kind}") for kind in ("pem", "key"))
        subprocess.run(["openssl", "req", *EC, "-subj", f"/CN={name}", "-keyout", key, "-out", certificate, *options],
                       check=True, capture_output=True)
        return certificate, key


_making = threading.Lock()


def made():
    """The certificates of this process, whichever thread asks first."""
    with _making:
        return _made()


@functools.lru_cache(maxsize=None)
def _made():
    directory = tempfile.mkdtemp(prefix="wsitrace-certificates-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return Certificates(directory)
