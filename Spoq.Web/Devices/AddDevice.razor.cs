using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Spoq.Core.Devices;
using Spoq.Infrastructure.Devices;
using Spoq.Web.Accounts;

namespace Spoq.Web.Devices;

/// <summary>Lets one device into a profile: by ssh.id code, by pasted key or, where the plan has it, by password.</summary>
public sealed partial class AddDevice(DeviceService devices) : ComponentBase, IDisposable
{
    /// <summary>A message on the circuit holds 32 KB; with four bytes a character this stays below it.</summary>
    private const int MaxPaste = 8000;

    private readonly string _id = $"add-{Guid.NewGuid():n}";
    private readonly CancellationTokenSource _gone = new();
    private Way _way = Way.Handle;
    private string _handle = "";
    private string _key = "";
    private string? _handleError;
    private string? _keyError;
    private bool _isBusy;
    private ShownKeys? _shown;
    private DeviceView? _added;

    private enum Way
    {
        Handle,
        Key,
        Password,
    }

    [Parameter, EditorRequired]
    public Guid ProfileId { get; set; }

    /// <summary>Whether the plan lets people log in with a password.</summary>
    [Parameter]
    public bool PasswordAllowed { get; set; }

    /// <summary>A device has come in; its name may still change.</summary>
    [Parameter]
    public EventCallback OnAdded { get; set; }

    /// <summary>The device has its name: there is nothing left to ask.</summary>
    [Parameter]
    public EventCallback OnDone { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> SignIn { get; set; } = null!;

    /// <summary>In the order of <see cref="Way"/>.</summary>
    private string[] Ways => PasswordAllowed ? ["ssh.id code", "Paste a key", "Password"] : ["ssh.id code", "Paste a key"];

    /// <summary>Before the circuit is up a press would do nothing.</summary>
    private bool IsWaiting => _isBusy || !RendererInfo.IsInteractive;

    public void Dispose()
    {
        _gone.Cancel();
        _gone.Dispose();
    }

    private static string? Invalid(string? error) => error is null ? null : "true";

    private Task LookUpAsync() => BusyAsync(async accountId =>
    {
        var found = await devices.LookUpHandleAsync(accountId, _handle, _gone.Token);
        _handleError = found.Try(out _shown, out var refusal) ? null : refusal.Message;
    });

    private Task AddHandleAsync() => BusyAsync(async accountId =>
    {
        var shown = _shown!;
        var added = await devices.AddHandleAsync(accountId, ProfileId, shown.Handle, [.. shown.Keys.Select(key => key.Fingerprint)], name: null, _gone.Token);
        if (added.Try(out _added, out var refusal))
        {
            (_handleError, _handle) = (null, "");
        }
        else
        {
            // What was shown is used up: the code is still in its field, to be looked up again.
            _handleError = refusal.Message;
        }

        _shown = null;
        await TellAsync();
    });

    private Task AddKeyAsync() => BusyAsync(async accountId =>
    {
        var added = await devices.AddKeyAsync(accountId, ProfileId, _key, name: null, _gone.Token);
        _keyError = added.Try(out _added, out var refusal) ? null : refusal.Message;

        // A private key does not stay on the screen either.
        _key = refusal is null || refusal == DeviceRefusals.PrivateKey ? "" : _key;
        await TellAsync();
    });

    private async Task TellAsync()
    {
        if (_added is not null)
        {
            await OnAdded.InvokeAsync();
        }
    }

    private void ForgetShown() => (_shown, _handleError) = (null, null);

    private async Task NamedAsync()
    {
        _added = null;
        await OnAdded.InvokeAsync();
        await OnDone.InvokeAsync();
    }

    private async Task BusyAsync(Func<Guid, Task> workAsync)
    {
        if (_isBusy)
        {
            return;
        }

        _isBusy = true;
        try
        {
            await workAsync((await SignIn).User.AccountId());
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            // The page was left; nobody is there to be told.
        }
        finally
        {
            _isBusy = false;
        }
    }
}
