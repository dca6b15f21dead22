"""Starts oteltest's gRPC and HTTP sinks on loopback and prints what they receive, one JSON object a line.

The first line tells the two ports. The sinks, the messages and their decoding are not ours; this file only listens on free loopback ports
instead of fixed ones on all interfaces, and prints.
"""

import base64
import json
import logging
import threading
from http.server import HTTPServer

import grpc
import oteltest.sink as sink
from google.protobuf.json_format import MessageToDict
from oteltest.sink.handler import RequestHandler

ports = {}
printing = threading.Lock()


def say(line):
    with printing:
        print(json.dumps(line), flush=True)


def with_hex_ids(value):
    """OTLP/JSON writes ids in hex where protobuf's JSON has base64."""
    if isinstance(value, list):
        return [with_hex_ids(item) for item in value]
    if isinstance(value, dict):
        ids = ("traceId", "spanId", "parentSpanId")
        return {k: base64.b64decode(v).hex() if k in ids else with_hex_ids(v) for k, v in value.items()}
    return value


class Printer(RequestHandler):
    def __init__(self, protocol):
        self.protocol = protocol

    def tell(self, signal, request):
        say({"protocol": self.protocol, "signal": signal, "request": with_hex_ids(MessageToDict(request))})

    def handle_trace(self, request, headers):
        self.tell("traces", request)

    def handle_metrics(self, request, headers):
        self.tell("metrics", request)

    def handle_logs(self, request, headers):
        self.tell("logs", request)


class LoopbackHttp(HTTPServer):
    def __init__(self, address, handler):
        super().__init__(("127.0.0.1", 0), handler)
        ports["http"] = self.server_address[1]
        ready.set()


def loopback_grpc(pool):
    server = plain_grpc(pool)
    listen = server.add_insecure_port

    def on_loopback(address):
        ports["grpc"] = listen("127.0.0.1:0")

    server.add_insecure_port = on_loopback
    return server


ready = threading.Event()
plain_grpc, grpc.server = grpc.server, loopback_grpc
sink.HTTPServer = LoopbackHttp
quiet = logging.getLogger("quiet")
over_grpc = sink.GrpcSink(Printer("grpc"), quiet)
over_grpc.start()
over_http = sink.HttpSink(Printer("http"), quiet)
over_http.start()
ready.wait()
say(ports)
over_grpc.wait_for_termination()
