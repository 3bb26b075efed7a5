"""Every message, whoever signs it, governance too: refused by a registered error or executed, and all invariants hold."""

from __future__ import annotations

from effort import Effort
from messages import Cast, of_type

from supercloud.testing.staked import StakedChain
from supercloud.types.address import module_address
from supercloud.types.errors import ChainError


def test_handlers_refuse_with_registered_errors_and_keep_the_invariants(effort: Effort) -> None:
    chain = StakedChain()
    # StakedChain has no consensus parameters in its state; they are its engine's.
    routes = sorted(name for name in chain.router.messages if "consensus" not in name)
    descriptors = [chain.router.messages[name].message_type.DESCRIPTOR for name in routes]
    governance = chain.bech32.text(module_address("gov"))
    cast = Cast(
        [*(chain.text(name) for name in chain.people), governance, chain.validators[0].account],
        [keys.text for keys in chain.validators],
        descriptors,
    )
    executed = set()
    for random in effort.rounds(150):
        for descriptor in descriptors:
            message = of_type(descriptor, random, cast)
            for name in ("authority", "sender", "from_address", "signer"):
                if name in descriptor.fields_by_name:
                    setattr(message, name, governance if name == "authority" else cast.accounts[0])
            try:
                chain.send(message)
            except ChainError:
                continue
            except Exception as error:
                raise AssertionError(f"seed {random.seed_used}: {descriptor.full_name}: {message}") from error
            executed.add(descriptor.full_name)
        chain.block()
        broken = chain.violations()
        assert not broken, f"seed {random.seed_used}: {broken}"
    assert len(executed) > 10, sorted(executed)
