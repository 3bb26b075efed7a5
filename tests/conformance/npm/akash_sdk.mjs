// The Akash chain-sdk: a whole deployment over native gRPC, then the same ledger read through the REST gateway.
import {
  SDL,
  certificateManager,
  createChainNodeSDK,
  createStargateClient,
  msg,
  transaction,
} from "@akashnetwork/chain-sdk";
import { createChainNodeWebSDK } from "@akashnetwork/chain-sdk/web";
import { DepositAuthorization } from "@akashnetwork/chain-sdk/private-types/akash.v1";
import Long from "long";
import { finish, ledger, refused, step } from "./client.mjs";

const { tenant, provider, auditor, webtenant } = ledger.accounts;
const sent = [];
function signer(account, options = {}) {
  return createStargateClient({
    baseUrl: ledger.rpc,
    signerMnemonic: account.mnemonic,
    stargateOptions: { broadcastPollIntervalMs: 60, broadcastTimeoutMs: 20_000 },
    ...options,
  });
}
const open = (account) =>
  createChainNodeSDK({ query: { baseUrl: `http://${ledger.grpc}` }, tx: { signer: signer(account) } });
const sdk = open(tenant);
const selling = open(provider);
const auditing = open(auditor);
const web = createChainNodeWebSDK({ query: { baseUrl: ledger.rest }, tx: { signer: signer(webtenant) } });

/** Options that keep what the ledger said about the transaction. */
function noting(name) {
  return {
    afterBroadcast: (tx) =>
      sent.push({ name, code: tx.code, gasWanted: tx.gasWanted.toString(), gasUsed: tx.gasUsed.toString() }),
  };
}

const sdl = SDL.fromString(
  `
version: "2.0"
services:
  web:
    image: nginx:1.27
    expose:
      - port: 80
        as: 80
        to:
          - global: true
profiles:
  compute:
    web:
      resources:
        cpu:
          units: 0.5
        memory:
          size: 512Mi
        storage:
          size: 1Gi
  placement:
    dc:
      attributes:
        region: us-west
      signedBy:
        anyOf:
          - "${auditor.address}"
      pricing:
        web:
          denom: uact
          amount: 1000
deployment:
  web:
    dc:
      profile: web
      count: 1
`,
  "beta3",
);

await step("version hash", async () => Buffer.from(await SDL.fromString(ledger.sdl, "beta3").manifestVersion()).toString("hex"));
await step("balances", async () =>
  (await sdk.cosmos.bank.v1beta1.getAllBalances({ address: tenant.address })).balances,
);
await step("account", async () => (await sdk.cosmos.auth.v1beta1.getAccountInfo({ address: tenant.address })).info.address);
await step("latest block", async () => {
  const { block } = await sdk.cosmos.base.tendermint.v1beta1.getLatestBlock();
  return block.header.chainId;
});
await step("node", async () => (await sdk.cosmos.base.tendermint.v1beta1.getNodeInfo()).applicationVersion.cosmosSdkVersion);
await step("node config", async () => (await sdk.cosmos.base.node.v1beta1.getConfig()).minimumGasPrice);
await step("deployment params", async () => (await sdk.akash.deployment.v1beta4.getParams()).params.minDeposits.map((coin) => coin.denom));
await step("market params", async () => (await sdk.akash.market.v1beta5.getParams()).params.orderMaxBids);

const attributes = [
  { key: "region", value: "us-west" },
  { key: "host", value: "akash" },
];
await step("create provider", () =>
  selling.akash.provider.v1beta4.createProvider(
    { owner: provider.address, hostUri: "https://provider.example.com:8443", attributes, info: { email: "p@example.com", website: "https://example.com" } },
    noting("create provider"),
  ),
);
await step("update provider", () =>
  selling.akash.provider.v1beta4.updateProvider(
    { owner: provider.address, hostUri: "https://provider.example.com:8443", attributes, info: { email: "q@example.com", website: "" } },
    noting("update provider"),
  ),
);
await step("provider", async () => {
  const { provider: found } = await sdk.akash.provider.v1beta4.getProvider({ owner: provider.address });
  return [found.owner, found.hostUri, found.info.email, found.attributes.map((entry) => entry.key)];
});
await step("sign attributes", () =>
  auditing.akash.audit.v1.signProviderAttributes(
    { owner: provider.address, auditor: auditor.address, attributes: attributes.slice(0, 1) },
    noting("sign attributes"),
  ),
);
await step("audited", async () => {
  const { providers } = await sdk.akash.audit.v1.getProviderAuditorAttributes({ auditor: auditor.address, owner: provider.address });
  return providers.map((entry) => [entry.owner, entry.attributes.map((attribute) => attribute.key)]);
});
const pem = await certificateManager.generatePEM(tenant.address);
await step("create certificate", () =>
  sdk.akash.cert.v1.createCertificate(
    { owner: tenant.address, cert: Buffer.from(pem.cert), pubkey: Buffer.from(pem.publicKey) },
    noting("create certificate"),
  ),
);
const certificate = await step("certificates", async () => {
  const { certificates } = await sdk.akash.cert.v1.getCertificates({ filter: { owner: tenant.address, state: "valid" } });
  return [certificates.length, certificates[0].serial, Buffer.from(certificates[0].certificate.cert).toString() === pem.cert];
});
const dseq = Long.fromNumber(Date.now());
const id = { owner: tenant.address, dseq };
const deposit = (amount, denom = "uact") => ({ amount: { denom, amount }, sources: [1] });
await step("create deployment", async () =>
  sdk.akash.deployment.v1beta4.createDeployment(
    { id, groups: sdl.groups(), hash: await sdl.manifestVersion(), deposit: deposit("5000000") },
    noting("create deployment"),
  ),
);
await step("deployment", async () => {
  const found = await sdk.akash.deployment.v1beta4.getDeployment({ id });
  const [group] = found.groups;
  const [unit] = group.groupSpec.resources;
  return {
    state: found.deployment.state,
    hash: Buffer.from(found.deployment.hash).equals(Buffer.from(await sdl.manifestVersion())),
    group: [group.groupSpec.name, group.state],
    cpu: Buffer.from(unit.resource.cpu.units.val).toString(),
    price: unit.price,
    funds: found.escrowAccount.state.funds,
    listed: (await sdk.akash.deployment.v1beta4.getDeployments({ filters: { owner: tenant.address } })).deployments.length,
  };
});
const orderId = { ...id, gseq: 1, oseq: 1 };
await step("orders", async () => {
  const { orders } = await sdk.akash.market.v1beta5.getOrders({ filters: { owner: tenant.address, state: "open" } });
  return orders.map((order) => [order.id.gseq, order.id.oseq, order.spec.name]);
});
const bidId = { ...orderId, provider: provider.address, bseq: 0 };
await step("bid", async () => {
  const { order } = await selling.akash.market.v1beta5.getOrder({ id: orderId });
  return selling.akash.market.v1beta5.createBid(
    {
      id: bidId,
      price: { denom: "uact", amount: "700.5" },
      deposit: deposit("5000000"),
      resourcesOffer: order.spec.resources.map((unit) => ({ resources: unit.resource, count: unit.count })),
    },
    noting("bid"),
  );
});
await step("bids", async () => {
  const { bids } = await sdk.akash.market.v1beta5.getBids({ filters: { owner: tenant.address, dseq } });
  return bids.map((entry) => [entry.bid.state, entry.bid.price, entry.escrowAccount.state.state]);
});
await step("lease", () => sdk.akash.market.v1beta5.createLease({ bidId }, noting("lease")));
await step("leases", async () => {
  const { leases } = await sdk.akash.market.v1beta5.getLeases({ filters: { owner: tenant.address } });
  return leases.map((entry) => [entry.lease.state, entry.lease.price.amount, entry.escrowPayment.state.rate.amount]);
});
await step("deposit", () =>
  sdk.akash.escrow.v1.accountDeposit(
    { signer: tenant.address, id: { scope: 1, xid: `${tenant.address}/${dseq}` }, deposit: deposit("1000000") },
    noting("deposit"),
  ),
);
await step("escrow accounts", async () => {
  const { accounts } = await sdk.akash.escrow.v1.getAccounts({ xid: `deployment/${tenant.address}/${dseq}` });
  return accounts.map((account) => [account.id.xid, account.state.deposits.length]);
});
await step("payments", async () => (await sdk.akash.escrow.v1.getPayments({ state: "open" })).payments.length);
await step("update deployment", () =>
  sdk.akash.deployment.v1beta4.updateDeployment({ id, hash: new Uint8Array(32).fill(7) }, noting("update deployment")),
);
await step("withdraw", () => selling.akash.market.v1beta5.withdrawLease({ id: bidId }, noting("withdraw")));
await step("several at once", async () => {
  const to = { fromAddress: tenant.address, toAddress: auditor.address };
  const sends = ["uact", "uakt"].map((denom) => msg(sdk.cosmos.bank.v1beta1.send, { ...to, amount: [{ denom, amount: "3" }] }));
  return (await transaction(sdk, sends, { memo: "two of them" })).code;
});
await step("delegate", () =>
  sdk.cosmos.staking.v1beta1.delegate(
    { delegatorAddress: tenant.address, validatorAddress: ledger.validator, amount: { denom: "uakt", amount: "1000" } },
    noting("delegate"),
  ),
);
const hour = new Date(Date.now() + 3_600_000);
await step("grant a deposit", () =>
  sdk.cosmos.authz.v1beta1.grant(
    {
      granter: tenant.address,
      grantee: auditor.address,
      grant: {
        authorization: {
          typeUrl: "/akash.escrow.v1.DepositAuthorization",
          value: DepositAuthorization.encode(
            DepositAuthorization.fromPartial({ spendLimits: [{ denom: "uact", amount: "2000000" }], scopes: [1] }),
          ).finish(),
        },
        expiration: hour,
      },
    },
    noting("grant a deposit"),
  ),
);
await step("deposit by another", () =>
  auditing.akash.escrow.v1.accountDeposit(
    {
      signer: auditor.address,
      id: { scope: 1, xid: `${tenant.address}/${dseq}` },
      deposit: { amount: { denom: "uact", amount: "500000" }, sources: [2, 1] },
    },
    noting("deposit by another"),
  ),
);

// --- The same ledger through the gateway
const bothWays = {
  "akash.deployment.v1beta4.getDeployments": { filters: { owner: tenant.address }, pagination: { limit: 1, countTotal: true } },
  "akash.deployment.v1beta4.getDeployment": { id },
  "akash.deployment.v1beta4.getGroup": { id: { ...id, gseq: 1 } },
  "akash.deployment.v1beta4.getParams": {},
  "akash.market.v1beta5.getOrders": { filters: { owner: tenant.address, dseq } },
  "akash.market.v1beta5.getOrder": { id: orderId },
  "akash.market.v1beta5.getBids": { filters: { owner: tenant.address, state: "active" } },
  "akash.market.v1beta5.getBid": { id: bidId },
  "akash.market.v1beta5.getLeases": { filters: { provider: provider.address } },
  "akash.market.v1beta5.getLease": { id: bidId },
  "akash.market.v1beta5.getParams": {},
  "akash.escrow.v1.getAccounts": { state: "open", xid: `deployment/${tenant.address}/${dseq}` },
  "akash.escrow.v1.getPayments": { state: "open" },
  "akash.provider.v1beta4.getProviders": {},
  "akash.provider.v1beta4.getProvider": { owner: provider.address },
  "akash.audit.v1.getAllProvidersAttributes": {},
  "akash.audit.v1.getProviderAttributes": { owner: provider.address },
  "akash.audit.v1.getAuditorAttributes": { auditor: auditor.address },
  "akash.audit.v1.getProviderAuditorAttributes": { auditor: auditor.address, owner: provider.address },
  "akash.cert.v1.getCertificates": { filter: { owner: tenant.address }, pagination: { limit: 5 } },
  "cosmos.auth.v1beta1.getAccounts": { pagination: { limit: 2 } },
  "cosmos.auth.v1beta1.getAccount": { address: tenant.address },
  "cosmos.auth.v1beta1.getAccountInfo": { address: provider.address },
  "cosmos.auth.v1beta1.getParams": {},
  "cosmos.auth.v1beta1.getModuleAccounts": {},
  "cosmos.auth.v1beta1.getModuleAccountByName": { name: "distribution" },
  "cosmos.auth.v1beta1.getBech32Prefix": {},
  "cosmos.auth.v1beta1.getAddressStringToBytes": { addressString: tenant.address },
  "cosmos.bank.v1beta1.getAllBalances": { address: provider.address, pagination: { limit: 2, countTotal: true } },
  "cosmos.bank.v1beta1.getBalance": { address: provider.address, denom: "uusdc" },
  "cosmos.bank.v1beta1.getSpendableBalances": { address: provider.address },
  "cosmos.bank.v1beta1.getSupplyOf": { denom: "uusdc" },
  "cosmos.bank.v1beta1.getDenomsMetadata": {},
  "cosmos.bank.v1beta1.getDenomMetadata": { denom: "uakt" },
  "cosmos.bank.v1beta1.getDenomOwners": { denom: "uusdc", pagination: { limit: 3 } },
  "cosmos.bank.v1beta1.getParams": {},
  "cosmos.bank.v1beta1.getSendEnabled": {},
  "cosmos.staking.v1beta1.getValidators": { status: "BOND_STATUS_BONDED" },
  "cosmos.staking.v1beta1.getValidator": { validatorAddr: ledger.validator },
  "cosmos.staking.v1beta1.getDelegation": { delegatorAddr: tenant.address, validatorAddr: ledger.validator },
  "cosmos.staking.v1beta1.getDelegatorDelegations": { delegatorAddr: tenant.address },
  "cosmos.staking.v1beta1.getDelegatorUnbondingDelegations": { delegatorAddr: tenant.address },
  "cosmos.staking.v1beta1.getRedelegations": { delegatorAddr: tenant.address },
  "cosmos.staking.v1beta1.getDelegatorValidators": { delegatorAddr: tenant.address },
  "cosmos.staking.v1beta1.getPool": {},
  "cosmos.staking.v1beta1.getParams": {},
  "cosmos.distribution.v1beta1.getParams": {},
  "cosmos.distribution.v1beta1.getDelegatorValidators": { delegatorAddress: tenant.address },
  "cosmos.distribution.v1beta1.getDelegatorWithdrawAddress": { delegatorAddress: tenant.address },
  "cosmos.distribution.v1beta1.getValidatorSlashes": { validatorAddress: ledger.validator },
  "cosmos.mint.v1beta1.getParams": {},
  "cosmos.slashing.v1beta1.getParams": {},
  "cosmos.evidence.v1beta1.getAllEvidence": {},
  "cosmos.authz.v1beta1.getGrants": { granter: tenant.address, grantee: auditor.address },
  "cosmos.authz.v1beta1.getGranterGrants": { granter: tenant.address },
  "cosmos.authz.v1beta1.getGranteeGrants": { grantee: auditor.address },
  "cosmos.feegrant.v1beta1.getAllowances": { grantee: auditor.address },
  "cosmos.feegrant.v1beta1.getAllowancesByGranter": { granter: tenant.address },
  "cosmos.base.node.v1beta1.getConfig": {},
  "cosmos.base.tendermint.v1beta1.getBlockByHeight": { height: 2 },
  "cosmos.base.tendermint.v1beta1.getSyncing": {},
  "cosmos.base.tendermint.v1beta1.getNodeInfo": {},
  "cosmos.base.tendermint.v1beta1.getValidatorSetByHeight": { height: 1 },
  "cosmos.base.reflection.v1beta1.getListAllInterfaces": {},
  "cosmos.consensus.v1.getParams": {},
};
const method = (root, path) => path.split(".").reduce((at, name) => at[name], root);
// The gateway prints resource values as decimals, which the client misreads as base64, and decimals with all places.
/** What both answers say, as far as the client can read both. */
const flat = (value) =>
  JSON.stringify(value, (key, item) => {
    if (item instanceof Uint8Array || key === "val") return "bytes";
    if (typeof item === "string" && /^\d+\.\d{18}$/.test(item)) return item.replace(/\.?0+$/, "");
    return item && typeof item === "object" && "low" in item ? item.toString() : item;
  });
/** Names of what differs. */
function differing(one, two, path = "") {
  const [first, second] = [one ?? null, two ?? null];
  if (first && second && typeof first === "object" && typeof second === "object") {
    return [...new Set([...Object.keys(first), ...Object.keys(second)])].flatMap((key) =>
      differing(first[key], second[key], `${path}.${key}`),
    );
  }
  return first === second ? [] : [`${path}: ${JSON.stringify(first)} is not ${JSON.stringify(second)}`];
}
await step("both ways", async () => {
  const found = {};
  await Promise.all(
    Object.entries(bothWays).map(async ([path, input]) => {
      const [native, rest] = await Promise.all(
        [sdk, web].map((root) => method(root, path)(input).then(flat, (error) => JSON.stringify({ error: error.message }))),
      );
      const differences = differing(JSON.parse(native), JSON.parse(rest));
      if (native.startsWith('{"error"')) differences.push(native);
      if (differences.length) found[path] = differences;
    }),
  );
  return { asked: Object.keys(bothWays).length, differences: found };
});
await step("sent over the gateway's SDK", () =>
  web.cosmos.bank.v1beta1.send(
    { fromAddress: webtenant.address, toAddress: tenant.address, amount: [{ denom: "uakt", amount: "9" }] },
    noting("sent over the gateway's SDK"),
  ),
);

// --- Refusals
const missing = { owner: tenant.address, dseq: Long.fromNumber(1) };
const code = (error) => `${error.constructor.name} ${error.code}: ${error.message}`;
const refusal = (name, action) => refused(name, () => action().catch((error) => Promise.reject(new Error(code(error)))));
await refusal("no deployment, native", () => sdk.akash.deployment.v1beta4.getDeployment({ id: missing }));
await refusal("no deployment, gateway", () => web.akash.deployment.v1beta4.getDeployment({ id: missing }));
await refusal("bad owner, native", () => sdk.akash.deployment.v1beta4.getDeployments({ filters: { owner: "akash1bad" } }));
await refusal("bad owner, gateway", () => web.akash.deployment.v1beta4.getDeployments({ filters: { owner: "akash1bad" } }));
await refusal("not served, native", () => sdk.cosmos.nft.v1beta1.getClasses({}));
await refusal("the same deployment again", async () =>
  sdk.akash.deployment.v1beta4.createDeployment({ id, groups: sdl.groups(), hash: await sdl.manifestVersion(), deposit: deposit("5000000") }),
);
await refusal("too small a deposit", async () =>
  sdk.akash.deployment.v1beta4.createDeployment({
    id: { owner: tenant.address, dseq: dseq.add(1) },
    groups: sdl.groups(),
    hash: await sdl.manifestVersion(),
    deposit: deposit("1"),
  }),
);
await refusal("a second bid", () =>
  selling.akash.market.v1beta5.createBid({ id: bidId, price: { denom: "uact", amount: "1" }, deposit: deposit("5000000"), resourcesOffer: [] }),
);

// --- The end of everything
await step("close lease", () => sdk.akash.market.v1beta5.closeLease({ id: bidId }, noting("close lease")));
await step("close deployment", () => sdk.akash.deployment.v1beta4.closeDeployment({ id }, noting("close deployment")));
await step("closed", async () => {
  const found = await sdk.akash.deployment.v1beta4.getDeployment({ id });
  const { leases } = await sdk.akash.market.v1beta5.getLeases({ filters: { owner: tenant.address, state: "closed" } });
  return [found.deployment.state, found.escrowAccount.state.state, leases.map((entry) => entry.lease.state)];
});
await step("revoke certificate", () =>
  sdk.akash.cert.v1.revokeCertificate({ id: { owner: tenant.address, serial: certificate[1] } }, noting("revoke certificate")),
);
await step("delete attributes", () =>
  auditing.akash.audit.v1.deleteProviderAttributes({ owner: provider.address, auditor: auditor.address, keys: ["region"] }, noting("delete attributes")),
);
await step("sent", () => sent);
finish();
