"""The price sheet: what a month of each thing costs, and what that makes per block in an order's denom.

Pure and exact: amounts are fractions until the end, where the price is rounded up to 18 decimals (a provider is never
paid less than its sheet says). A month is 30 days of 24 hours; blocks in it follow from the cadence blocks really have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from supercloud.provider.config import Config

GIB: Final = 2**30
MONTH_NS: Final = 30 * 24 * 3600 * 10**9
RAW_PER_UNIT: Final = 10**18

LEASED_IP: Final = 2


class UnknownDenom(Exception):
    """The sheet has no rate for a denom."""


class PriceSheet(NamedTuple):
    """Prices in dollars a month, exact. `rates` says how many micro-units of a denom one dollar is.

    `storage` is by class ("ephemeral" and "ram" too); `gpus` by `vendor/model`, with `*` for all others.
    """

    cpu: Fraction
    memory_gib: Fraction
    storage_gib: Mapping[str, Fraction]
    gpus: Mapping[str, Fraction]
    endpoint: Fraction
    leased_ip: Fraction
    minimum: Fraction
    rates: Mapping[str, Fraction]

    def month(self, units: Sequence[Any]) -> Fraction:
        """Dollars a month for resource units (GroupSpec.resources)."""
        total = Fraction(0)
        addresses = set()
        for unit in units:
            resource = unit.resource
            one = self.cpu * Fraction(_value(resource.cpu.units), 1000)
            one += self.memory_gib * Fraction(_value(resource.memory.quantity), GIB)
            one += sum((self._volume(volume) for volume in resource.storage), Fraction(0))
            one += self._gpu(resource.gpu)
            total += one * unit.count
            for endpoint in resource.endpoints:
                if endpoint.kind == LEASED_IP:
                    addresses.add(endpoint.sequence_number)
                else:
                    total += self.endpoint
        return max(self.minimum, total + self.leased_ip * len(addresses))

    def per_block(self, units: Sequence[Any], denom: str, block_ns: int) -> int:
        """Price of one block as an integer count of 10^-18 micro-units of `denom`. Raises UnknownDenom."""
        rate = self.rates.get(denom)
        if rate is None:
            raise UnknownDenom(f"no rate for {denom}; the price sheet knows {', '.join(sorted(self.rates))}")
        exact = self.month(units) * rate * Fraction(block_ns, MONTH_NS) * RAW_PER_UNIT
        return -(-exact.numerator // exact.denominator)

    def _volume(self, volume: Any) -> Fraction:
        attributes = {attribute.key: attribute.value for attribute in volume.attributes}
        kind = attributes.get("class", "default") if attributes.get("persistent") == "true" else "ephemeral"
        if attributes.get("class") == "ram":
            return self.memory_gib * Fraction(_value(volume.quantity), GIB)
        price = self.storage_gib.get(kind, self.storage_gib.get("default", Fraction(0)))
        return price * Fraction(_value(volume.quantity), GIB)

    def _gpu(self, gpu: Any) -> Fraction:
        count = _value(gpu.units)
        if count == 0:
            return Fraction(0)
        names = [_model(attribute.key) for attribute in gpu.attributes]
        prices = [self.gpus.get(name, self.gpus.get("*", Fraction(0))) for name in names]
        # Which of the models asked for will be given is not known yet: the dearest one pays for any.
        return max(prices, default=self.gpus.get("*", Fraction(0))) * count


def _value(value: Any) -> int:
    return int(value.val or b"0")


def _model(key: str) -> str:
    """`vendor/nvidia/model/a100/ram/80Gi` -> `nvidia/a100`."""
    parts = key.split("/")
    return f"{parts[1]}/{parts[3]}" if len(parts) >= 4 else "*"


def sheet_of(config: Config) -> PriceSheet:
    """The sheet that a provider's settings describe."""
    million = Fraction(10**6)
    return PriceSheet(
        cpu=Fraction(config.price_cpu),
        memory_gib=Fraction(config.price_memory_gib),
        storage_gib={kind: Fraction(price) for kind, price in config.price_storage_gib.items()},
        gpus={model: Fraction(price) for model, price in config.price_gpu.items()},
        endpoint=Fraction(config.price_endpoint),
        leased_ip=Fraction(config.price_leased_ip),
        minimum=Fraction(config.price_minimum),
        rates={denom: million / Fraction(dollars) for denom, dollars in config.dollars_per.items()},
    )
