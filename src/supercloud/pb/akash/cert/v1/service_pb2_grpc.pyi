from collections.abc import Iterator
from typing import Any

import supercloud.pb.akash.cert.v1.msg_pb2 as _supercloud_pb_akash_cert_v1_msg_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    CreateCertificate: Any
    RevokeCertificate: Any

class MsgServicer:
    def CreateCertificate(self, request: _supercloud_pb_akash_cert_v1_msg_pb2.MsgCreateCertificate, context: Any) -> Any: ...
    def RevokeCertificate(self, request: _supercloud_pb_akash_cert_v1_msg_pb2.MsgRevokeCertificate, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
