using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace Spoq.Web.Accounts;

/// <summary>Stands on every live page: when its person is signed out elsewhere, the page is asked for anew and leads to the log-in page.</summary>
public sealed class EndOfSession(AuthenticationStateProvider signIn, NavigationManager navigation) : ComponentBase, IDisposable
{
    private bool _wasSignedIn;

    public void Dispose() => signIn.AuthenticationStateChanged -= Look;

    protected override async Task OnInitializedAsync()
    {
        if (RendererInfo.IsInteractive)
        {
            _wasSignedIn = (await signIn.GetAuthenticationStateAsync()).User.FindAccountId() is not null;
            signIn.AuthenticationStateChanged += Look;
        }
    }

    private void Look(Task<AuthenticationState> becomes) => _ = InvokeAsync(async () =>
    {
        if (_wasSignedIn && (await becomes).User.FindAccountId() is null)
        {
            navigation.NavigateTo(navigation.Uri, forceLoad: true, replace: true);
        }
    });
}
