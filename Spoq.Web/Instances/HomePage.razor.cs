using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;
using Spoq.Core;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Instances;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;

namespace Spoq.Web.Instances;

public sealed partial class HomePage(InstanceService instances, InstanceWatcher watcher, AuthenticationStateProvider signIn, Toasts toasts, IJSRuntime js, TimeProvider clock) : ComponentBase, IDisposable
{
    private const int ShownEvents = 5;

    // Heartbeats are no news, so the figures are read again as often as people look twice.
    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(15);

    /// <summary>So long it is said how our programs go; the mail says it for good.</summary>
    private static readonly TimeSpan s_told = TimeSpan.FromDays(3);

    private readonly CancellationTokenSource _gone = new();
    private readonly Dictionary<Guid, IDisposable> _watches = [];
    private Guid _accountId;
    private Guid? _busy;
    private IReadOnlyList<Instance>? _instances;
    private IReadOnlyList<Instance> _detached = [];
    private IReadOnlyList<InstanceEvent> _events = [];
    private IReadOnlyList<SubscriptionView> _subscriptions = [];
    private ITimer? _timer;
    private string? _remembered;
    private ConfirmDialog? _confirm;

    private InstanceService Instances => instances;

    public void Dispose()
    {
        _gone.Cancel();
        _timer?.Dispose();
        foreach (var watch in _watches.Values)
        {
            watch.Dispose();
        }

        _gone.Dispose();
    }

    protected override async Task OnInitializedAsync()
    {
        _accountId = (await signIn.GetAuthenticationStateAsync()).User.AccountId();
        await LoadAsync();
        if (RendererInfo.IsInteractive && !_gone.IsCancellationRequested)
        {
            _timer = clock.CreateTimer(_ => _ = RefreshAsync(), null, s_refresh, s_refresh);
        }
    }

    /// <summary>The offline page tells what this browser saw last.</summary>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_instances is not [var instance, ..] || $"{instance.Hostname} {instance.State}" is not { } seen || seen == _remembered)
        {
            return;
        }

        _remembered = seen;
        await js.InvokeVoidAsync("spoq.remember", _gone.Token, new { address = instance.Hostname, state = InstanceWords.Of(instance) });
    }

    private async Task LoadAsync()
    {
        var found = await instances.ListAsync(_accountId, _gone.Token);
        _instances = [.. found.Where(instance => !instance.IsFinal)];
        _detached = [.. found.Where(instance => instance is { IsOwnServer: true, State: InstanceState.Deleted, ReadyAt: not null } && clock.GetUtcNow() - instance.StateSince < s_told)];
        _subscriptions = await Subscriptions.ListAsync(_accountId, _gone.Token);
        _events = await instances.AccountEventsAsync(_accountId, ShownEvents, _gone.Token);
        if (!RendererInfo.IsInteractive || _gone.IsCancellationRequested)
        {
            return;
        }

        foreach (var instance in _instances.Where(instance => !_watches.ContainsKey(instance.Id)))
        {
            _watches[instance.Id] = watcher.Watch(instance.Id, RefreshAsync);
        }
    }

    private Task RefreshAsync() => _gone.IsCancellationRequested ? Task.CompletedTask : InvokeAsync(async () =>
    {
        try
        {
            await LoadAsync();
            StateHasChanged();
        }
        catch (Exception gone) when (_gone.IsCancellationRequested && gone is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left while it was reading.
        }
    });

    private async Task DetachAsync(Instance instance)
    {
        if (await _confirm!.AskAsync(
            $"Detach {instance.Hostname}?",
            "Its subscription ends now. Its address and every key of Spoq on your server stop working. Nothing on your server is deleted; how to take our programs off it is shown next.",
            "Detach"))
        {
            await AskAsync(instance, Instances.DetachAsync);
        }
    }

    private async Task AskAsync(Instance instance, Func<Guid, Guid, CancellationToken, Task<Refusal?>> ask)
    {
        // The second of two quick presses may arrive when the first is done: what it was meant for is under way.
        if (_busy is not null || instance.State is InstanceState.Starting or InstanceState.Stopping or InstanceState.Restarting or InstanceState.Resizing)
        {
            return;
        }

        _busy = instance.Id;
        try
        {
            // Leaving the page does not take the request back.
            var refusal = await ask(_accountId, instance.Id, CancellationToken.None);
            await LoadAsync();
            if (refusal is not null && _instances?.FirstOrDefault(row => row.Id == instance.Id)?.State == instance.State)
            {
                toasts.Bad(refusal.Message);
            }
        }
        finally
        {
            _busy = null;
        }
    }
}
