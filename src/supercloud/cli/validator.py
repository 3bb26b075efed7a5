"""`supercloud node create-validator`: the node that is asked validates from now on, with a stake of the signing key."""

from __future__ import annotations

import base64
from typing import Any

import click

from supercloud.cli import session
from supercloud.cli.output import command, console, json_option, print_json
from supercloud.cli.validator_terms import terms_options
from supercloud.types.coin import parse_coins


@click.command("create-validator")
@click.argument("stake", metavar="COIN")
@terms_options
@json_option
@session.network_options
def create_validator(stake: str, settings: session.Settings, as_json: bool, **terms: Any) -> None:
    """Stake COIN so that the node at --node, which has to be yours and level with the others, validates.

    Its key is the one it signs with, in its home or at its remote signer; the stake is that of --from.
    """
    _create(settings, stake, terms, as_json)


@command
async def _create(settings: session.Settings, stake: str, terms: dict[str, Any], as_json: bool) -> None:
    from supercloud.node.founding import Terms, validator_message
    from supercloud.node.genesis import GenesisError

    try:
        coins = parse_coins(stake)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if len(coins) != 1:
        raise click.ClickException(f"{stake!r}: one coin is staked")
    async with session.signing(settings) as account:
        status = await account.client.rpc.call("status")
        moniker = terms["moniker"] or status["node_info"]["moniker"]
        if status["sync_info"]["catching_up"]:
            raise click.ClickException(
                f"{moniker} is not level with the others yet: a validator that misses blocks is jailed; "
                "`supercloud node status` shows how far it is"
            )
        public_key = base64.b64decode(status["validator_info"]["pub_key"]["value"])
        if not public_key:
            raise click.ClickException(f"{moniker} has no key to sign with, or its signer is not there")
        bech32 = account.client.bech32
        try:
            message = validator_message(
                bech32, account.key.address, public_key, coins[0], Terms(**terms | {"moniker": moniker})
            )
        except GenesisError as error:
            raise click.ClickException(str(error)) from error
        result = await account.sender.send([message])
    document = {
        "validator": message.validator_address,
        "moniker": moniker,
        "pub_key": base64.b64encode(public_key).decode(),
        "hash": result.hash,
        "height": result.height,
    }
    if as_json:
        print_json(document)
    else:
        console().print(
            f"{moniker} is the validator {document['validator']} since block {result.height}. "
            f"It decides while its stake is among the largest: supercloud query staking validator "
            f"validator_addr={document['validator']}",
            soft_wrap=True,
        )
