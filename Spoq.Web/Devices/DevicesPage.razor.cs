using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Spoq.Core;
using Spoq.Infrastructure.Devices;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;

namespace Spoq.Web.Devices;

/// <summary>Profiles and devices: what is added or removed elsewhere shows here by itself.</summary>
public sealed partial class DevicesPage(ProfileService profiles, DeviceService devices, Notices notices, Toasts toasts) : ComponentBase, IDisposable
{
    private IReadOnlyList<ProfileView>? _profiles;
    private Guid? _adding;
    private Guid _accountId;
    private ConfirmDialog _confirm = null!;
    private IDisposable? _listening;

    [CascadingParameter]
    private Task<AuthenticationState> SignIn { get; set; } = null!;

    public void Dispose() => _listening?.Dispose();

    protected override async Task OnInitializedAsync()
    {
        _accountId = (await SignIn).User.AccountId();
        if (RendererInfo.IsInteractive)
        {
            _listening = notices.Listen(DeviceNotices.Channel, payload =>
            {
                if (payload.Length == 0 || payload == _accountId.ToString())
                {
                    _ = InvokeAsync(ReloadAsync);
                }
            });
        }

        await ReloadAsync();
    }

    private async Task ReloadAsync()
    {
        _profiles = await profiles.ListAsync(_accountId, CancellationToken.None);
        StateHasChanged();
    }

    private async Task RemoveAsync(DeviceView device)
    {
        var isSure = await _confirm.AskAsync(
            $"Remove {device.Name}?", $"{device.Name} can no longer log in to your computer. Its own keys stay as they are, so you can add it again.", $"Remove {device.Name}");
        if (isSure)
        {
            await TellAsync(await devices.RemoveAsync(_accountId, device.Id, CancellationToken.None), $"{device.Name} is removed.");
        }
    }

    private async Task RemoveAsync(ProfileView profile)
    {
        var isSure = await _confirm.AskAsync(
            $"Remove the profile {profile.Username}?", $"Nobody can log in as {profile.Username} any more, and its devices are removed with it.", $"Remove {profile.Username}");
        if (isSure)
        {
            await TellAsync(await profiles.RemoveAsync(_accountId, profile.Id, CancellationToken.None), $"The profile {profile.Username} is removed.");
        }
    }

    private async Task TellAsync(Refusal? refusal, string done)
    {
        if (refusal is null)
        {
            toasts.Good(done);
        }
        else
        {
            toasts.Bad(refusal.Message);
        }

        await ReloadAsync();
    }
}
