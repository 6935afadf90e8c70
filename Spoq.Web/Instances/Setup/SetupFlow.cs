using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Instances.Setup;

namespace Spoq.Web.Instances.Setup;

/// <summary>What the wizard shows of the saved draft; also what the prerendered page hands to its circuit.</summary>
public sealed record SetupView(
    SetupStep Step,
    string? Address,
    Guid? ProfileId,
    string? Username,
    string? Plan,
    BillingInterval? Interval,
    string? Region,
    Guid? InstanceId,
    string? Lost,
    string? Next = null)
{
    public static SetupView Of(SetupState state) => new(
        state.Draft.Step,
        state.Draft.Address,
        state.Draft.ProfileId,
        state.Draft.Username,
        state.Draft.Plan,
        state.Draft.Interval,
        state.Draft.Region,
        state.Draft.InstanceId,
        state.Lost?.Message,
        state.Draft.Next);
}

/// <summary>What a step asks for: one thing at a time, saved before it is shown.</summary>
public sealed class SetupFlow(SetupService setup, Guid accountId, Action changed)
{
    public Guid AccountId => accountId;

    public SetupView? View { get; set; }

    /// <summary>Why there is nothing to set up; null: there is.</summary>
    public Refusal? Closed { get; private set; }

    public bool IsBusy { get; private set; }

    /// <summary>Typed and not yet continued with: Back and forth must not lose it.</summary>
    public string? TypedUsername { get; set; }

    /// <inheritdoc cref="TypedUsername"/>
    public (string Plan, BillingInterval Interval, string? Region)? Choice { get; set; }

    /// <summary>Reads what is saved: another tab or the engine may have gone on.</summary>
    public Task<Refusal?> LoadAsync(CancellationToken cancellationToken) =>
        DoAsync(() => setup.LoadAsync(accountId, cancellationToken));

    /// <summary>Keeps the address while the page is open, and shows it if it was lost all the same.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        if (!IsBusy && (await setup.LoadAsync(accountId, cancellationToken)).Try(out var state, out _) && state.Lost is not null)
        {
            View = SetupView.Of(state);
            changed();
        }
    }

    public Task<Refusal?> BackAsync() => DoAsync(() => setup.BackAsync(accountId, CancellationToken.None));

    public Task<Refusal?> GoToAsync(SetupStep step) => DoAsync(() => setup.GoToAsync(accountId, step, CancellationToken.None));

    /// <summary>A click while the last one is still being saved does nothing.</summary>
    public async Task<Refusal?> DoAsync(Func<Task<Result<SetupState>>> act)
    {
        if (IsBusy)
        {
            return null;
        }

        IsBusy = true;
        changed();
        try
        {
            if ((await act()).Try(out var state, out var refusal))
            {
                View = SetupView.Of(state);
                return null;
            }

            await CatchUpAsync(refusal);
            return refusal;
        }
        finally
        {
            IsBusy = false;
            changed();
        }
    }

    /// <summary>Some refusals say that this screen is behind: then it shows what is.</summary>
    private async Task CatchUpAsync(Refusal refusal)
    {
        if (refusal == SetupRefusals.QuotaReached)
        {
            Closed = refusal;
        }
        else if (refusal == SetupRefusals.AlreadyPaid || refusal == SetupRefusals.StepNotOpen)
        {
            if ((await setup.LoadAsync(accountId, CancellationToken.None)).Try(out var state, out var none))
            {
                View = SetupView.Of(state);
            }
            else
            {
                Closed = none;
            }
        }
    }
}
