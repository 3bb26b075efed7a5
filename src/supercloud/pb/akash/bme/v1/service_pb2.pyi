from supercloud.pb.akash.bme.v1 import msgs_pb2 as _msgs_pb2
from supercloud.pb.cosmos.msg.v1 import msg_pb2 as _msg_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
