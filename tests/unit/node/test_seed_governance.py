"""node/genesis.py: on a network of one machine whoever runs it decides, quickly."""

from __future__ import annotations

from pathlib import Path

from supercloud.codec import registry
from supercloud.node.home import VALIDATOR_POWER, init_home
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgUpdateParams
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as WireCoin
from supercloud.pb.cosmos.gov.v1.tx_pb2 import MsgSubmitProposal, MsgVote
from supercloud.testing.ledger import Ledger
from supercloud.types.coin import Coin


def started(folder: Path, *, staked: bool) -> Ledger:
    """A chain from the document that `init_home` writes; alice and bob have tokens, alice may have staked."""
    ledger = Ledger(start=False)
    funds = {actor.address: [Coin("uakt", 10**12)] for actor in (ledger.alice, ledger.bob)}
    operator = ledger.alice.address if staked else None
    genesis = init_home(folder / "home", funds=funds, time_ns=ledger.time, operator=operator)
    ledger.start_chain(genesis.document["app_state"])
    ledger.block()
    return ledger


def propose(ledger: Ledger) -> MsgSubmitProposal:
    params = ledger.app.keepers.bank.params(ledger.context())
    update = MsgUpdateParams(
        authority=ledger.profile.bech32.text(ledger.profile.authority), params=type(params)()
    )
    return MsgSubmitProposal(
        messages=[registry.pack(update)],
        initial_deposit=[WireCoin(denom="uakt", amount="50000000")],
        proposer=ledger.bob.text,
        title="Stop transfers",
        summary="For now",
        expedited=True,
    )


def test_the_operator_decides_within_a_minute(tmp_path: Path) -> None:
    ledger = started(tmp_path, staked=True)
    assert ledger.app.keepers.staking.total_bonded(ledger.context()) == VALIDATOR_POWER * 10**6
    assert ledger.balance(ledger.alice) == ledger.balance(ledger.bob) == 10**12
    assert ledger.deliver(propose(ledger), by=ledger.bob).code == 0
    vote = MsgVote(proposal_id=1, voter=ledger.alice.text, option=MsgVote(option=1).option)
    assert ledger.deliver(vote, by=ledger.alice).code == 0
    ledger.blocks(4)
    assert not ledger.app.keepers.bank.params(ledger.context()).default_send_enabled


def test_without_an_operator_nobody_has_a_say(tmp_path: Path) -> None:
    ledger = started(tmp_path, staked=False)
    assert ledger.app.keepers.staking.total_bonded(ledger.context()) == 0
    assert ledger.app.keepers.gov.params(ledger.context()).voting_period.seconds == 2 * 86_400
