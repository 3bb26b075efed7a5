"""A simulation is its seed: the same one twice, another one otherwise; the cast, the script, the certificates."""

from __future__ import annotations

from pathlib import Path

from supercloud.testing.simulation import Simulation
from supercloud.testing.simulation.cast import EVERYBODY, GOVERNED
from supercloud.testing.simulation.certificates import certificates
from supercloud.testing.simulation.script import Script
from supercloud.testing.simulation.tape import Tape


def test_a_seed_is_a_run(tmp_path: Path) -> None:
    heads = []
    for number, seed in enumerate((5, 5, 6)):
        run = Simulation(seed, tape=tmp_path / str(number))
        run.run(40)
        run.close()
        heads.append(run.ledger.app.store.app_hash)
    assert heads[0] == heads[1] != heads[2]
    assert (tmp_path / "0").read_bytes() == (tmp_path / "1").read_bytes()


def test_the_tape_has_every_block(tmp_path: Path) -> None:
    run = Simulation(7, tape=tmp_path / "tape")
    run.run(20)
    run.quiet(3)
    run.close()
    frames = list(Tape(tmp_path / "tape"))
    assert [frame.height for frame in frames] == list(range(1, 25))
    assert frames[-1].outcome["app_hash"] == run.ledger.app.store.app_hash.hex()
    assert [frame.time for frame in frames] == sorted(frame.time for frame in frames)
    assert not any(frame.txs for frame in frames[-3:])


def test_the_cast_and_its_governor() -> None:
    run = Simulation(8)
    assert len({actor.address for actor in run.cast.actors.values()}) == len(EVERYBODY)
    granted = [key for key in run.auditor.money.permissions if key[0] == run.cast.authority]
    assert len(granted) == len(GOVERNED)
    while not run.auditor.accepted["akash.take.v1.MsgUpdateParams"]:
        plan = run.script.govern()
        assert plan is not None
        assert plan.signers == ["governor"]
        run.rng.random()
        result = run.ledger.finalize([run._sign(plan)])
        run.ledger.commit()
        assert result.tx_results[0].code == 0, result.tx_results[0].log
        if "take" in str(plan.messages[0]):
            break


def test_certificates_are_the_same_every_time() -> None:
    run = Simulation(9)
    first, second = certificates(run.cast), certificates(run.cast)
    assert first == second
    result = run.ledger.deliver(first[0][1], by=run.cast.actors[first[0][0]])
    assert result.code == 0, result.log


def test_every_kind_of_message_is_said() -> None:
    run = Simulation(10, expiry=True)
    run.run(150)
    makers = {maker for _, maker in run.script._table()}
    assert len(makers) == len(run.script._table())
    assert {maker.__name__ for maker in makers} <= set(dir(Script))
    assert len(run.auditor.accepted) >= 20, sorted(run.auditor.accepted)
