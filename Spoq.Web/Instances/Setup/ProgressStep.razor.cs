using Microsoft.AspNetCore.Components;
using Spoq.Core;
using Spoq.Core.Instances;
using Spoq.Web.Shell;

namespace Spoq.Web.Instances.Setup;

public sealed partial class ProgressStep
{
    /// <summary>From here on cancelling is offered even though the work goes on.</summary>
    private static readonly TimeSpan s_late = TimeSpan.FromMinutes(30);

    private InstanceFollow? _follow;
    private ConfirmDialog? _confirm;
    private Refusal? _refused;
    private bool _isAsking;
    private bool _isLeft;

    [PersistentState]
    public InstanceView? View { get; set; }

    [CascadingParameter]
    private SetupFlow Flow { get; set; } = null!;

    private bool IsGone => View is { State: InstanceState.Cancelled or InstanceState.Deleted };

    /// <summary>Who has to do something themselves may think better of it at once.</summary>
    private bool IsLate => View is { State: InstanceState.Provisioning, PaidAt: { } paidAt } && (View.IsOwnServer || Clock.GetUtcNow() - paidAt > s_late);

    private string Now => View!.WaitingFor ?? (View.Steps.FirstOrDefault(line => line.Look == StepLook.Current) is { } line ? $"{ProgressLine.NameOf(line.Step, View.IsOwnServer)}…" : "Starting…");

    private string Automatic => View!.DueAt is { } due && due > Clock.GetUtcNow()
        ? $"If you do nothing, it is cancelled and refunded by itself at {due.UtcDateTime:HH:mm} UTC."
        : "";

    protected override async Task OnInitializedAsync()
    {
        if (View is null || View.Id != Flow.View?.InstanceId)
        {
            await ReadAsync();
        }
    }

    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender && Flow.View?.InstanceId is { } instanceId)
        {
            _follow = new InstanceFollow(Watcher, instanceId, Clock, () => InvokeAsync(LookAsync));
        }
    }

    public void Dispose()
    {
        _isLeft = true;
        _follow?.Dispose();
    }

    private async Task LookAsync()
    {
        if (_isLeft)
        {
            return;
        }

        await ReadAsync();
        StateHasChanged();
        if (View is { State: InstanceState.Running })
        {
            await Flow.LoadAsync(CancellationToken.None);
        }
    }

    private async Task ReadAsync()
    {
        if (Flow.View?.InstanceId is { } id && await Instances.FindAsync(Flow.AccountId, id, CancellationToken.None) is { } instance)
        {
            View = InstanceView.Of(instance, await Instances.EventsAsync(Flow.AccountId, id, 0, CancellationToken.None));
        }
    }

    private string? DetailOf(StepLine line) => line.Look switch
    {
        StepLook.Waiting => View!.WaitingFor,
        StepLook.Failed => View!.ErrorMessage,
        StepLook.Current when View is { Attempts: > 0, ErrorMessage: { } problem } => $"{problem} Trying again{Soon(View.DueAt)}.",
        _ => null,
    };

    private string Soon(DateTimeOffset? due) =>
        due is { } at && (at - Clock.GetUtcNow()).TotalSeconds is > 1 and var seconds ? $" in {seconds:0} seconds" : " now";

    private Task RetryAsync() => AskAsync(() => Instances.RetryAsync(Flow.AccountId, View!.Id, CancellationToken.None));

    private async Task CancelAsync()
    {
        if (await _confirm!.AskAsync($"Cancel {View!.Hostname}?", "What was made so far is removed, and the whole amount goes back to you.", "Yes, refund me"))
        {
            await AskAsync(() => Instances.CancelAndRefundAsync(Flow.AccountId, View!.Id, CancellationToken.None));
        }
    }

    private async Task AskAsync(Func<Task<Refusal?>> ask)
    {
        if (_isAsking)
        {
            return;
        }

        _isAsking = true;
        _refused = await ask();
        await ReadAsync();
        _isAsking = false;
    }

    private async Task StartAgainAsync()
    {
        _refused = await Setup.CloseAsync(Flow.AccountId, CancellationToken.None);
        if (_refused is null)
        {
            Navigation.NavigateTo("/setup", forceLoad: true);
        }
    }
}
