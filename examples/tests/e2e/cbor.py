"""Smithy's RPC v2 over CBOR, which CloudWatch speaks with AWS's newer SDKs, on botocore's own reader and writer.

moto knows CloudWatch's older JSON alone: `as_json` and `of_json` translate for it.
"""

import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize

HEADERS = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
ERROR = {
    "Error": {"type": "structure", "members": {"__type": {"shape": "Text"}, "message": {"shape": "Text"}}},
    "Text": {"type": "string"},
}


def decode(body: bytes) -> dict:
    """What a body holds; an empty one holds nothing."""
    reader = botocore.parsers.RpcV2CBORParser()
    return reader.parse_data_item(reader.get_peekable_stream_from_bytes(body)) if body else {}


def encode(value: dict, shape: botocore.model.Shape) -> bytes:
    """A structure as a body."""
    body = bytearray()
    botocore.serialize.RpcV2CBORSerializer()._serialize_data_item(body, value, shape)
    return bytes(body)


def encode_error(code: str, message: str) -> bytes:
    """The body of an error."""
    return encode({"__type": code, "message": message}, botocore.model.ShapeResolver(ERROR).get_shape_by_name("Error"))


def operation(service: str, name: str) -> botocore.model.OperationModel:
    loaded = botocore.loaders.Loader().load_service_model(service, "service-2")
    return botocore.model.ServiceModel(loaded, service).operation_model(name)


def as_json(service: str, name: str, params: dict) -> tuple[dict, bytes]:
    """Headers and body of the same call in JSON."""
    request = botocore.serialize.create_serializer("json").serialize_to_request(params, operation(service, name))
    return request["headers"], request["body"]


def of_json(service: str, name: str, body: bytes) -> bytes:
    """The body of an answer that came in JSON."""
    shape = operation(service, name).output_shape
    parsed = botocore.parsers.create_parser("json").parse({"body": body, "headers": {}, "status_code": 200}, shape)
    parsed.pop("ResponseMetadata")
    return encode(parsed, shape)
