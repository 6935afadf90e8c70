using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Spoq.Core.Instances;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Instances;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;

namespace Spoq.Web.Instances.Console;

public sealed partial class ConsolePage(
    InstanceService instances, InstanceWatcher watcher, ConductorClient conductor, AuthenticationStateProvider signIn, NavigationManager navigation, Toasts toasts)
    : ComponentBase, IDisposable
{
    private const int AskTab = 0;
    private const int RunTab = 1;

    private static readonly string[] s_tabs = ["Ask", "Run"];

    private readonly CancellationTokenSource _gone = new();
    private ConsolePanel? _askPanel;
    private Guid _accountId;
    private Guid? _sessionId;
    private Guid _conversationId = Guid.CreateVersion7();
    private InstanceAccess? _access;
    private IDisposable? _watch;
    private int _tab = AskTab;
    private bool _isStarting;

    [Inject]
    internal MemberService Members { get; set; } = null!;

    [Parameter]
    public Guid InstanceId { get; set; }

    private bool CanUse => _access is { Instance.IsOpen: true, Role: >= InstanceRole.Operator };

    public void Dispose()
    {
        _watch?.Dispose();
        _gone.Cancel();
        _gone.Dispose();
    }

    protected override async Task OnInitializedAsync()
    {
        var user = (await signIn.GetAuthenticationStateAsync()).User;
        (_accountId, _sessionId) = (user.AccountId(), user.SessionId());
        await LoadAsync();
        if (_access is null or { Instance.IsFinal: true })
        {
            navigation.NotFound();
        }
        else if (RendererInfo.IsInteractive)
        {
            _watch = watcher.Watch(InstanceId, RefreshAsync);
        }
    }

    private async Task LoadAsync() => _access = await Members.FindAsync(_accountId, InstanceId, _gone.Token) is { } access ? access with { SessionId = _sessionId } : null;

    private Task RefreshAsync() => _gone.IsCancellationRequested ? Task.CompletedTask : InvokeAsync(async () =>
    {
        try
        {
            await LoadAsync();
            if (_access is null)
            {
                // Let in once, and let out again.
                navigation.NavigateTo("/dashboard", forceLoad: true);
                return;
            }

            StateHasChanged();
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left while it was reading.
        }
    });

    private async Task StartAsync()
    {
        if (_isStarting)
        {
            return;
        }

        _isStarting = true;
        try
        {
            if (await instances.StartAsync(_access!.Instance.AccountId, InstanceId, CancellationToken.None) is { } refusal)
            {
                toasts.Bad(refusal.Message);
            }

            await LoadAsync();
        }
        finally
        {
            _isStarting = false;
        }
    }

    private void StartOver()
    {
        _conversationId = Guid.CreateVersion7();
        _askPanel?.Clear();
    }

    private async Task AskAsync(ConsoleEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var happened in conductor.AskAsync(_access!, new AskRequest(entry.Input, _conversationId), cancellationToken))
            {
                switch (happened)
                {
                    case AskText text:
                        entry.Append(text.Text);
                        break;
                    case AskUsage usage:
                        entry.Remark($"{usage.Model} · {usage.InputTokens} tokens in, {usage.OutputTokens} out");
                        break;
                    case AskFailed failed:
                        entry.Remark(failed.Message, isBad: true);
                        break;
                }
            }
        }
        catch (ConductorUnreachableException away)
        {
            entry.Remark(away.Message, isBad: true);
        }
    }

    private async Task RunAsync(ConsoleEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var happened in conductor.RunAsync(_access!, new RunRequest(entry.Input), cancellationToken))
            {
                switch (happened)
                {
                    case RunStdout output:
                        entry.Append(output.Text);
                        break;
                    case RunStderr error:
                        entry.Append(error.Text, isError: true);
                        break;
                    case RunExit exit:
                        entry.Remark(Describe(exit), isBad: exit.ExitCode != 0);
                        break;
                    case RunFailed failed:
                        entry.Remark(failed.Message, isBad: true);
                        break;
                }
            }
        }
        catch (ConductorUnreachableException away)
        {
            entry.Remark(away.Message, isBad: true);
        }
    }

    private static string Describe(RunExit exit) =>
        (exit.TimedOut ? "Its time was up, so it was ended · " : "")
        + string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Exit code {exit.ExitCode} · {exit.DurationMs / 1000.0:0.0} s")
        + (exit.Truncated ? " · output past 8 MiB was dropped" : "");
}
