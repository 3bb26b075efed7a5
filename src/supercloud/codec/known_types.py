"""Every message that may stand in an Any: messages of transactions and their answers, keys, accounts, grants, contents.

Nothing else resolves, whatever else a process has loaded: two nodes must never differ in what they can read.
"""

from __future__ import annotations

from typing import Final

# proto file (without its ending): names of its messages
KNOWN: Final = {
    "akash/audit/v1/msg": (
        "MsgDeleteProviderAttributes MsgDeleteProviderAttributesResponse MsgSignProviderAttributes "
        "MsgSignProviderAttributesResponse"
    ),
    "akash/base/offchain/sign/v1/sign": ("MsgSignData"),
    "akash/bme/v1/msgs": (
        "MsgBurnACT MsgBurnACTResponse MsgBurnMint MsgBurnMintResponse MsgFundVault MsgFundVaultResponse "
        "MsgMintACT MsgMintACTResponse MsgUpdateParams MsgUpdateParamsResponse"
    ),
    "akash/cert/v1/msg": (
        "MsgCreateCertificate MsgCreateCertificateResponse MsgRevokeCertificate MsgRevokeCertificateResponse"
    ),
    "akash/deployment/v1beta4/deploymentmsg": (
        "MsgCloseDeployment MsgCloseDeploymentResponse MsgCreateDeployment MsgCreateDeploymentResponse "
        "MsgUpdateDeployment MsgUpdateDeploymentResponse"
    ),
    "akash/deployment/v1beta4/groupmsg": (
        "MsgCloseGroup MsgCloseGroupResponse MsgPauseGroup MsgPauseGroupResponse MsgStartGroup "
        "MsgStartGroupResponse"
    ),
    "akash/deployment/v1beta4/paramsmsg": ("MsgUpdateParams MsgUpdateParamsResponse"),
    "akash/escrow/v1/authz": ("DepositAuthorization"),
    "akash/escrow/v1/msg": ("MsgAccountDeposit MsgAccountDepositResponse"),
    "akash/market/v1beta5/bidmsg": ("MsgCloseBid MsgCloseBidResponse MsgCreateBid MsgCreateBidResponse"),
    "akash/market/v1beta5/leasemsg": (
        "MsgCloseLease MsgCloseLeaseResponse MsgCreateLease MsgCreateLeaseResponse MsgLeaseStartReclaim "
        "MsgLeaseStartReclaimResponse MsgWithdrawLease MsgWithdrawLeaseResponse"
    ),
    "akash/market/v1beta5/paramsmsg": ("MsgUpdateParams MsgUpdateParamsResponse"),
    "akash/oracle/v2/msgs": (
        "MsgAddPriceEntry MsgAddPriceEntryResponse MsgUpdateParams MsgUpdateParamsResponse"
    ),
    "akash/provider/v1beta4/msg": (
        "MsgCreateProvider MsgCreateProviderResponse MsgDeleteProvider MsgDeleteProviderResponse "
        "MsgUpdateProvider MsgUpdateProviderResponse"
    ),
    "akash/take/v1/paramsmsg": ("MsgUpdateParams MsgUpdateParamsResponse"),
    "akash/wasm/v1/paramsmsg": ("MsgUpdateParams MsgUpdateParamsResponse"),
    "cosmos/auth/v1beta1/auth": ("BaseAccount ModuleAccount"),
    "cosmos/auth/v1beta1/tx": ("MsgUpdateParams MsgUpdateParamsResponse"),
    "cosmos/authz/v1beta1/authz": ("GenericAuthorization"),
    "cosmos/authz/v1beta1/tx": (
        "MsgExec MsgExecResponse MsgGrant MsgGrantResponse MsgRevoke MsgRevokeResponse"
    ),
    "cosmos/bank/v1beta1/authz": ("SendAuthorization"),
    "cosmos/bank/v1beta1/bank": ("Supply"),
    "cosmos/bank/v1beta1/tx": (
        "MsgMultiSend MsgMultiSendResponse MsgSend MsgSendResponse MsgSetSendEnabled "
        "MsgSetSendEnabledResponse MsgUpdateParams MsgUpdateParamsResponse"
    ),
    "cosmos/consensus/v1/tx": ("MsgUpdateParams MsgUpdateParamsResponse"),
    "cosmos/crypto/ed25519/keys": ("PubKey"),
    "cosmos/crypto/multisig/keys": ("LegacyAminoPubKey"),
    "cosmos/crypto/secp256k1/keys": ("PubKey"),
    "cosmos/crypto/secp256r1/keys": ("PubKey"),
    "cosmos/distribution/v1beta1/distribution": (
        "CommunityPoolSpendProposal CommunityPoolSpendProposalWithDeposit"
    ),
    "cosmos/distribution/v1beta1/tx": (
        "MsgCommunityPoolSpend MsgCommunityPoolSpendResponse MsgDepositValidatorRewardsPool "
        "MsgDepositValidatorRewardsPoolResponse MsgFundCommunityPool MsgFundCommunityPoolResponse "
        "MsgSetWithdrawAddress MsgSetWithdrawAddressResponse MsgUpdateParams MsgUpdateParamsResponse "
        "MsgWithdrawDelegatorReward MsgWithdrawDelegatorRewardResponse MsgWithdrawValidatorCommission "
        "MsgWithdrawValidatorCommissionResponse"
    ),
    "cosmos/evidence/v1beta1/evidence": ("Equivocation"),
    "cosmos/evidence/v1beta1/tx": ("MsgSubmitEvidence MsgSubmitEvidenceResponse"),
    "cosmos/feegrant/v1beta1/feegrant": ("AllowedMsgAllowance BasicAllowance PeriodicAllowance"),
    "cosmos/feegrant/v1beta1/tx": (
        "MsgGrantAllowance MsgGrantAllowanceResponse MsgPruneAllowances MsgPruneAllowancesResponse "
        "MsgRevokeAllowance MsgRevokeAllowanceResponse"
    ),
    "cosmos/gov/v1/tx": (
        "MsgCancelProposal MsgCancelProposalResponse MsgDeposit MsgDepositResponse MsgExecLegacyContent "
        "MsgExecLegacyContentResponse MsgSubmitProposal MsgSubmitProposalResponse MsgUpdateParams "
        "MsgUpdateParamsResponse MsgVote MsgVoteResponse MsgVoteWeighted MsgVoteWeightedResponse"
    ),
    "cosmos/gov/v1beta1/gov": ("TextProposal"),
    "cosmos/gov/v1beta1/tx": (
        "MsgDeposit MsgDepositResponse MsgSubmitProposal MsgSubmitProposalResponse MsgVote MsgVoteResponse "
        "MsgVoteWeighted MsgVoteWeightedResponse"
    ),
    "cosmos/mint/v1beta1/tx": ("MsgUpdateParams MsgUpdateParamsResponse"),
    "cosmos/params/v1beta1/params": ("ParameterChangeProposal"),
    "cosmos/slashing/v1beta1/tx": ("MsgUnjail MsgUnjailResponse MsgUpdateParams MsgUpdateParamsResponse"),
    "cosmos/staking/v1beta1/authz": ("StakeAuthorization"),
    "cosmos/staking/v1beta1/tx": (
        "MsgBeginRedelegate MsgBeginRedelegateResponse MsgCancelUnbondingDelegation "
        "MsgCancelUnbondingDelegationResponse MsgCreateValidator MsgCreateValidatorResponse MsgDelegate "
        "MsgDelegateResponse MsgEditValidator MsgEditValidatorResponse MsgUndelegate MsgUndelegateResponse "
        "MsgUpdateParams MsgUpdateParamsResponse"
    ),
    "cosmos/tx/v1beta1/tx": ("Tx"),
    "cosmos/upgrade/v1beta1/tx": (
        "MsgCancelUpgrade MsgCancelUpgradeResponse MsgSoftwareUpgrade MsgSoftwareUpgradeResponse"
    ),
    "cosmos/upgrade/v1beta1/upgrade": ("CancelSoftwareUpgradeProposal SoftwareUpgradeProposal"),
    "cosmos/vesting/v1beta1/tx": (
        "MsgCreatePeriodicVestingAccount MsgCreatePeriodicVestingAccountResponse "
        "MsgCreatePermanentLockedAccount MsgCreatePermanentLockedAccountResponse MsgCreateVestingAccount "
        "MsgCreateVestingAccountResponse"
    ),
    "cosmos/vesting/v1beta1/vesting": (
        "BaseVestingAccount ContinuousVestingAccount DelayedVestingAccount PeriodicVestingAccount "
        "PermanentLockedAccount"
    ),
    "supercloud/feeauction/v1/msg": ("MsgBid MsgBidResponse MsgUpdateParams MsgUpdateParamsResponse"),
    "supercloud/grants/v1/msg": (
        "MsgCancelGrant MsgCancelGrantResponse MsgClaim MsgClaimResponse MsgCreateGrant "
        "MsgCreateGrantResponse MsgReleaseMilestone MsgReleaseMilestoneResponse MsgUpdateParams "
        "MsgUpdateParamsResponse"
    ),
    "supercloud/market/v1/msg": ("MsgUpdateParams MsgUpdateParamsResponse"),
    "supercloud/staking/v1/msg": ("MsgUpdateAdmission MsgUpdateAdmissionResponse"),
    "supercloud/take/v1/msg": ("MsgUpdateOutflow MsgUpdateOutflowResponse"),
}
