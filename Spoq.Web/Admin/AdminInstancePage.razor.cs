using System.Globalization;
using Microsoft.AspNetCore.Components;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Admin;
using Spoq.Web.Shell;

namespace Spoq.Web.Admin;

public sealed partial class AdminInstancePage(AdminReports reports, AdminActions actions)
{
    private ConfirmDialog _confirm = null!;
    private AdminFile? _file;
    private bool _isMissing;
    private string _reason = "";

    [Parameter]
    public Guid InstanceId { get; set; }

    private string Name => _file!.Instance.Hostname;

    private bool IsHeld => _file?.Subscription is { HeldAt: not null, TerminatedAt: null };

    private bool CanHold => _file?.Subscription is { HeldAt: null, TerminatedAt: null };

    private bool CanForceStop => _file!.Instance is { ReadyAt: not null, State: InstanceState.Running or InstanceState.Starting or InstanceState.Restarting or InstanceState.Resizing or InstanceState.Failed };

    private bool CanRefund => _file!.Instance is { ReadyAt: null, State: InstanceState.Provisioning or InstanceState.Failed };

    private bool CanTerminate => _file!.Instance is { ReadyAt: not null, IsFinal: false, State: not InstanceState.Deleting };

    protected override async Task LoadAsync()
    {
        _file = await reports.FindAsync(InstanceId, CancellationToken.None);
        _isMissing = _file is null;
    }

    private Task RetryAsync() => ActAsync(Sure, by => actions.RetryAsync(by, InstanceId, CancellationToken.None), "It is tried again.");

    private Task ForceStopAsync() => ActAsync(
        () => _confirm.AskAsync($"Stop {Name}?", "Its owner loses the connection. The data is kept.", "Force stop"), by => actions.ForceStopAsync(by, InstanceId, CancellationToken.None), $"{Name} is being stopped.");

    private Task RefundAsync() => ActAsync(
        () => _confirm.AskAsync($"Cancel {Name} and refund?", "What was made is removed and the whole payment goes back.", "Cancel and refund"),
        by => actions.CancelAndRefundAsync(by, InstanceId, CancellationToken.None),
        $"{Name} is being undone.");

    private Task TerminateAsync() => ActAsync(
        () => _confirm.AskAsync($"Terminate {Name}?", $"The computer of {_file!.Email}, all its data and its address record are deleted now, without grace. Nobody can bring them back.", "Terminate"),
        by => actions.TerminateAsync(by, InstanceId, CancellationToken.None),
        $"{Name} is being deleted.");

    private async Task HoldAsync()
    {
        await ActAsync(Sure, by => actions.HoldAsync(by, InstanceId, _reason, CancellationToken.None), $"The subscription of {Name} is held.");
        _reason = Refused is null ? "" : _reason;
    }

    private Task ReleaseAsync() => ActAsync(Sure, by => actions.ReleaseAsync(by, InstanceId, CancellationToken.None), $"The subscription of {Name} moves again.");

    private static Task<bool> Sure() => Task.FromResult(true);

    private static string Exact(DateTimeOffset at) => at.UtcDateTime.ToString("d MMM yyyy, HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
