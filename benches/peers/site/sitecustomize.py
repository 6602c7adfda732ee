"""Lets Prowler find the proxy: S3 Control puts the account's id before the host, and not every resolver knows `ID.localhost`."""

import socket

_ask = socket.getaddrinfo


def getaddrinfo(host, *arguments, **options):
    if isinstance(host, str) and host.endswith(".localhost"):
        host = "localhost"
    return _ask(host, *arguments, **options)


socket.getaddrinfo = getaddrinfo
