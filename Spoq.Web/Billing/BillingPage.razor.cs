using System.Net;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Billing;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;

namespace Spoq.Web.Billing;

public sealed partial class BillingPage
{
    private const int MostPayments = 24;

    private ConfirmDialog _confirm = null!;
    private Guid _accountId;
    private bool _isBusy;
    private Refusal? _refused;
    private IReadOnlyList<SubscriptionView>? _views;
    private IReadOnlyList<PaidLine> _paid = [];

    /// <summary>A circuit has no request: the page that opened it says where its person is.</summary>
    [PersistentState]
    public SeenFrom? From { get; set; }

    [CascadingParameter]
    private HttpContext? HttpContext { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> SignIn { get; set; } = null!;

    private Caller Caller => new(IPAddress.TryParse(From?.Address, out var address) ? address : null, From?.Agent);

    protected override async Task OnInitializedAsync()
    {
        if (HttpContext is not null)
        {
            From = new SeenFrom(HttpContext.Connection.RemoteIpAddress?.ToString(), HttpContext.Request.Headers.UserAgent);
        }

        _accountId = (await SignIn).User.AccountId();
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        var views = await Subscriptions.ListAsync(_accountId, CancellationToken.None);
        var checkouts = await Subscriptions.PaymentsAsync(_accountId, null, MostPayments, CancellationToken.None);
        var resumed = await Subscriptions.ResumedAsync(_accountId, MostPayments, CancellationToken.None);
        _paid =
        [
            .. checkouts.Select(paid => new PaidLine(paid.PaidAt!.Value, NameOf(paid.Plan), new Money(paid.PaidAmount ?? paid.Amount, paid.Currency), paid.State switch
            {
                CheckoutState.Refunded => "Refunded",
                CheckoutState.RefundDue => "On its way back",
                _ => "Paid",
            })).Concat(resumed.Select(paid => new PaidLine(paid.PaidAt!.Value, "Resumed", paid.Price, paid.State switch
            {
                SubscriptionPaymentState.Refunded => "Refunded",
                SubscriptionPaymentState.RefundDue => "On its way back",
                _ => "Paid",
            }))).OrderByDescending(line => line.At).Take(MostPayments),
        ];
        _views = views;
    }

    private string NameOf(string plan) => Catalogue.Find(plan)?.Name ?? plan;

    private Task CancelAsync(SubscriptionView view, bool atPeriodEnd) => DoAsync(
        async () => await _confirm.AskAsync($"Cancel {view.Hostname}?", BillingWords.WhatHappens(view, atPeriodEnd, Clock.GetUtcNow()), "Yes, cancel"),
        async () => (await Ladder.CancelAsync(_accountId, view.Subscription.InstanceId, atPeriodEnd, Caller, CancellationToken.None)).Try(out _, out var refusal) ? null : refusal,
        $"Cancelled. We mailed you the dates of {view.Hostname}.");

    private Task ResumeAsync(SubscriptionView view) => DoAsync(
        async () => Resume.PriceOf(view.Subscription) is not { } price
            || await _confirm.AskAsync($"Resume {view.Hostname}?", $"{price} is charged now, with what you paid with before. Your computer starts with everything on it.", $"Resume for {price}", isDangerous: false),
        () => Resume.ResumeAsync(_accountId, view.Subscription.InstanceId, Caller, CancellationToken.None),
        $"{view.Hostname} is yours again: nothing will be stopped or deleted.");

    private async Task DoAsync(Func<Task<bool>> isSure, Func<Task<Refusal?>> act, string done)
    {
        if (_isBusy || !await isSure())
        {
            return;
        }

        _isBusy = true;
        try
        {
            _refused = await act();
            await LoadAsync();
            if (_refused is null)
            {
                Toasts.Good(done);
            }
        }
        finally
        {
            _isBusy = false;
        }
    }

    public sealed record SeenFrom(string? Address, string? Agent);

    private sealed record PaidLine(DateTimeOffset At, string For, Money Amount, string Status);
}
