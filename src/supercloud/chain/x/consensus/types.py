"""Defaults and limits of the consensus parameters, as the consensus engine has them."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

from supercloud.pb.tendermint.types import params_pb2
from supercloud.types.errors import Undefined

NAME = "consensus"
BLOCK_BYTES_MAX = 104_857_600
KEY_TYPES = ("ed25519", "secp256k1")


def default_params() -> params_pb2.ConsensusParams:
    """CometBFT 0.38's defaults."""
    return params_pb2.ConsensusParams(
        block=params_pb2.BlockParams(max_bytes=22_020_096, max_gas=-1),
        evidence=params_pb2.EvidenceParams(
            max_age_num_blocks=100_000, max_age_duration=Duration(seconds=48 * 3600), max_bytes=1_048_576
        ),
        validator=params_pb2.ValidatorParams(pub_key_types=["ed25519"]),
        version=params_pb2.VersionParams(),
        abci=params_pb2.ABCIParams(),
    )


def validate(params: params_pb2.ConsensusParams) -> None:
    """Refuse what the consensus engine would refuse."""
    block, evidence = params.block, params.evidence
    age = evidence.max_age_duration
    block_bytes = BLOCK_BYTES_MAX if block.max_bytes == -1 else block.max_bytes
    checks = (
        (block.max_bytes == 0, "block.MaxBytes cannot be 0"),
        (block.max_bytes < -1, f"block.MaxBytes must be -1 or greater than 0. Got {block.max_bytes}"),
        (
            block.max_bytes > BLOCK_BYTES_MAX,
            f"block.MaxBytes is too big. {block.max_bytes} > {BLOCK_BYTES_MAX}",
        ),
        (block.max_gas < -1, f"block.MaxGas must be greater or equal to -1. Got {block.max_gas}"),
        (
            evidence.max_age_num_blocks <= 0,
            f"evidence.MaxAgeNumBlocks must be greater than 0. Got {evidence.max_age_num_blocks}",
        ),
        (age.seconds < 0 or not (age.seconds or age.nanos), "evidence.MaxAgeDuration must be greater than 0"),
        (evidence.max_bytes < 0, f"evidence.MaxBytes must be non negative. Got: {evidence.max_bytes}"),
        (
            evidence.max_bytes > block_bytes,
            f"evidence.MaxBytesEvidence is greater than upper bound, {evidence.max_bytes} > {block_bytes}",
        ),
        (not params.validator.pub_key_types, "len(Validator.PubKeyTypes) must be greater than 0"),
        (
            any(kind not in KEY_TYPES for kind in params.validator.pub_key_types),
            "params.Validator.PubKeyTypes holds an unknown pubkey type",
        ),
        (params.abci.vote_extensions_enable_height < 0, "ABCI.VoteExtensionsEnableHeight cannot be negative"),
    )
    for refused, words in checks:
        if refused:
            raise Undefined(words)
