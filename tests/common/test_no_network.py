"""No test reaches another machine: this one says so by trying, and by reaching this one."""

import socket

import pytest
from pytest_socket import SocketConnectBlockedError

ELSEWHERE = "192.0.2.1"  # kept for documents (RFC 5737): nobody answers there


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_a_test_that_connects_to_another_machine_fails():
    with pytest.raises(SocketConnectBlockedError, match=ELSEWHERE), socket.socket() as sending:
        sending.connect((ELSEWHERE, 80))


def test_a_test_connects_to_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()):
        pass
