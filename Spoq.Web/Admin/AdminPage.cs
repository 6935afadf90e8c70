using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Spoq.Core;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Admin;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;

namespace Spoq.Web.Admin;

/// <summary>What every page of administrators needs: who acts, one action at a time, and the outcome told.</summary>
[Authorize(Roles = User.AdminRole)]
public abstract class AdminPage : ComponentBase
{
    /// <summary>A circuit has no request: the page that opened it says where its person is.</summary>
    [PersistentState]
    public SeenFrom? From { get; set; }

    protected bool IsBusy { get; private set; }

    protected Refusal? Refused { get; private set; }

    [CascadingParameter]
    private HttpContext? HttpContext { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> SignIn { get; set; } = null!;

    [Inject]
    private Toasts Toasts { get; set; } = null!;

    private Administrator By { get; set; } = null!;

    protected abstract Task LoadAsync();

    protected override async Task OnInitializedAsync()
    {
        if (HttpContext is not null)
        {
            From = new SeenFrom(HttpContext.Connection.RemoteIpAddress?.ToString(), HttpContext.Request.Headers.UserAgent);
        }

        By = new Administrator((await SignIn).User.AccountId(), new Caller(IPAddress.TryParse(From?.Address, out var address) ? address : null, From?.Agent));
        await LoadAsync();
    }

    protected async Task ActAsync(Func<Task<bool>> isSure, Func<Administrator, Task<Refusal?>> act, string done)
    {
        if (IsBusy || !await isSure())
        {
            return;
        }

        IsBusy = true;
        try
        {
            Refused = await act(By);
            await LoadAsync();
            if (Refused is null)
            {
                Toasts.Good(done);
            }
        }
        finally
        {
            IsBusy = false;
        }
    }

    public sealed record SeenFrom(string? Address, string? Agent);
}
