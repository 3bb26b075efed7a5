"""The market made up from a seed, for thousands of blocks, on one ledger and on its replicas.

What is checked in which block says `supercloud.testing.simulation.run`; the replicas are processes of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from supercloud.testing.simulation import Simulation

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = 2000

EXPECTED = {
    "akash.deployment.v1beta4": "CreateDeployment UpdateDeployment CloseDeployment CloseGroup PauseGroup StartGroup",
    "akash.market.v1beta5": "CreateBid CloseBid CreateLease CloseLease WithdrawLease LeaseStartReclaim UpdateParams",
    "akash.escrow.v1": "AccountDeposit",
    "akash.provider.v1beta4": "CreateProvider UpdateProvider",
    "akash.audit.v1": "SignProviderAttributes DeleteProviderAttributes",
    "akash.cert.v1": "CreateCertificate RevokeCertificate",
    "akash.take.v1": "UpdateParams",
    "supercloud.market.v1": "UpdateParams",
    "cosmos.authz.v1beta1": "Grant Revoke Exec",
    "cosmos.feegrant.v1beta1": "GrantAllowance RevokeAllowance",
    "cosmos.bank.v1beta1": "Send MultiSend SetSendEnabled",
    "cosmos.gov.v1": "SubmitProposal Deposit Vote VoteWeighted CancelProposal",
    "cosmos.staking.v1beta1": "Delegate Undelegate BeginRedelegate CancelUnbondingDelegation",
    "cosmos.slashing.v1beta1": "Unjail",
    "cosmos.distribution.v1beta1": (
        "WithdrawDelegatorReward WithdrawValidatorCommission SetWithdrawAddress FundCommunityPool"
    ),
    "akash.bme.v1": "MintACT BurnACT BurnMint UpdateParams",
    "akash.oracle.v2": "AddPriceEntry UpdateParams",
    "supercloud.feeauction.v1": "Bid UpdateParams",
    "supercloud.take.v1": "UpdateOutflow",
    "supercloud.grants.v1": "CreateGrant Claim",
}
"""What a run must have accepted at least once."""

ELSEWHERE = (("Asia/Kathmandu", "tr_TR.UTF-8"), ("Pacific/Chatham", "C"), ("America/St_Johns", "de_DE.UTF-8"))
"""Time zones with odd offsets, and languages with odd letters and numbers."""


def start_replica(tape: Path, seed: int, *extra: str, python: str = sys.executable) -> subprocess.Popen[str]:
    """A replica in a process of its own, whose strings hash in another order, somewhere else in the world."""
    arguments = [python, "-m", "supercloud.testing.simulation.replica", str(tape), *extra]
    zone, language = ELSEWHERE[seed % len(ELSEWHERE)]
    environment = {
        **os.environ,
        "PYTHONHASHSEED": str(seed + 1),
        "PYTHONPATH": str(ROOT / "src"),
        "TZ": zone,
        "LC_ALL": language,
    }
    return subprocess.Popen(
        [*arguments, "--seed", str(seed)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def must_agree(process: subprocess.Popen[str], run: Simulation) -> int:
    """Wait for a replica; returns how often it started."""
    out, err = process.communicate(timeout=3600)
    assert process.returncode == 0, f"seed {run.seed}: {err[-4000:]}"
    told = json.loads(out)
    assert told["blocks"] == run.ledger.next_height - 1
    assert told["app_hash"] == run.ledger.app.store.app_hash.hex()
    return int(told["starts"])


def must_have_lived(run: Simulation) -> None:
    """The run was no dead market: everything was said, everything ended in every way, much was refused."""
    said = {f"{package}.Msg{name}" for package, names in EXPECTED.items() for name in names.split()}
    assert sorted(said - set(run.auditor.accepted)) == []
    things = run.auditor.market.things
    states = {kind: {each.state for each in them.values()} for kind, them in things.items()}
    assert {"open", "lost", "closed"} <= states["bid"]
    assert {"closed", "insufficient_funds"} <= states["lease"]
    # Pausing is among what was said; a group that is paused at the end is a matter of luck.
    assert {"closed", "insufficient_funds"} <= states["group"]
    assert {each.reason for each in things["lease"].values()} >= {1, 10000, 10001, 20000}
    assert any(lot.granted for each in run.auditor.money.accounts.values() for lot in each.lots)
    must_have_governed(run)
    assert len(run.codes) >= 40, sorted(run.codes)
    assert ("undefined", 111222) not in run.codes


def must_have_governed(run: Simulation) -> None:
    """Public money moved in every way, too."""
    books = run.auditor.books
    ends = {each.state for each in books.proposals.proposals.values()}
    assert ends >= {"passed", "rejected", "failed", "dropped", "cancelled"}
    assert {each.state for each in books.grants.grants.values()} >= {"completed", "cancelled"}
    told = run.told
    for kind in (
        "supercloud.take.v1.EventOutflow",
        "supercloud.feeauction.v1.EventSold",
        "supercloud.feeauction.v1.EventUnsold",
        "akash.bme.v1.EventLedgerRecordExecuted",
        "akash.bme.v1.EventLedgerRecordCanceled",
        "akash.oracle.v2.EventPriceStaled",
        "slash",
        "complete_unbonding",
    ):
        assert told[kind] > 1, (kind, told)
    assert {1, 2, 3, 4} <= set(run.statuses), run.statuses
    assert any(books.money.dust.values()) or any(each.stood_in for each in books.money.accounts.values())


def simulate(seed: int, blocks: int, folder: Path, *, expiry: bool, records_a_block: int = 0) -> Simulation:
    """Run, and let two replicas run after it: one on disk that starts anew, one with warm caches."""
    tape = folder / "tape"
    run = Simulation(seed, expiry=expiry, tape=tape)
    run.records_a_block = records_a_block or run.records_a_block
    run.run(blocks)
    run.close()
    replicas = [
        start_replica(tape, seed, "--home", str(folder / "home")),
        start_replica(tape, seed + 1000, "--warm"),
    ]
    restarts, _ = [must_agree(each, run) for each in replicas]
    assert restarts > blocks // 50
    return run


def test_a_market(tmp_path: Path) -> None:
    must_have_lived(simulate(1, BLOCKS, tmp_path, expiry=False))


def test_a_market_where_orders_and_bids_expire(tmp_path: Path) -> None:
    run = simulate(2, BLOCKS // 4, tmp_path, expiry=True)
    assert run.expired["EventOrderExpired"] > 2
    assert run.expired["EventBidExpired"] > 5


def test_a_market_that_lives_longer(tmp_path: Path) -> None:
    """Above all a tape for the replicas; its records are compared with the auditor's now and then."""
    simulate(3, 5 * BLOCKS // 4, tmp_path, expiry=False, records_a_block=15)


@pytest.fixture
def other_python() -> str:
    """An interpreter that is not the one that runs this."""
    found = subprocess.run([ROOT / "scripts" / "other-python"], capture_output=True, text=True)
    if found.returncode:
        pytest.skip(found.stderr.strip())
    return found.stdout.strip()


def test_another_interpreter_comes_to_the_same(other_python: str, tmp_path: Path) -> None:
    run = Simulation(4, expiry=True, tape=tmp_path / "tape")
    run.records_a_block = 15
    run.run(BLOCKS // 8)
    run.close()
    must_agree(
        start_replica(tmp_path / "tape", 4, "--home", str(tmp_path / "home"), python=other_python), run
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", [101, 102, 103, 104])
def test_a_long_market(seed: int, tmp_path: Path) -> None:
    must_have_lived(simulate(seed, 5 * BLOCKS, tmp_path, expiry=seed % 2 == 0))
