using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Spoq.Core;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Resizing;
using Spoq.Web.Accounts;
using Spoq.Web.Billing;
using Spoq.Web.Instances.Setup;
using Spoq.Web.Shell;

namespace Spoq.Web.Instances.Resizing;

public sealed partial class SizePage
{
    private InstanceFollow? _follow;
    private ConfirmDialog _confirm = null!;
    private Guid _accountId;
    private SizeOffers? _offers;
    private Story? _story;
    private InstanceEvent? _ending;
    private Refusal? _missing;
    private Refusal? _refused;
    private string? _chosen;
    private bool _isBusy;
    private bool _isLeft;

    [Parameter]
    public Guid InstanceId { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> SignIn { get; set; } = null!;

    private SizeOffer? Chosen => _offers?.Sizes.FirstOrDefault(size => size.Plan.Key == _chosen && size.Plan.Key != _offers.Current.Key && size.Refusal is null && _offers.Refusal is null);

    public void Dispose()
    {
        _isLeft = true;
        _follow?.Dispose();
    }

    protected override async Task OnInitializedAsync()
    {
        _accountId = (await SignIn).User.AccountId();
        await LoadAsync();
    }

    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender && _missing is null)
        {
            _follow = new InstanceFollow(Watcher, InstanceId, Clock, () => InvokeAsync(LookAsync));
        }
    }

    private async Task LoadAsync()
    {
        if (!(await Sizes.ReadAsync(_accountId, InstanceId, CancellationToken.None)).Try(out _offers, out _missing))
        {
            if (_missing == InstanceRefusals.NotFound)
            {
                Navigation.NotFound();
            }

            return;
        }

        _chosen ??= _offers.Current.Key;
        await TellAsync(_offers.Instance);
    }

    /// <summary>While it is changing only the story moves; its provider is asked about sizes again when that is over.</summary>
    private async Task LookAsync()
    {
        if (_isLeft || _offers is null || await Instances.FindAsync(_accountId, InstanceId, CancellationToken.None) is not { } instance)
        {
            return;
        }

        if (instance.State == InstanceState.Resizing)
        {
            await TellAsync(instance);
        }
        else if (instance.State != _offers.Instance.State || instance.Plan != _offers.Instance.Plan || _story is not null)
        {
            _chosen = _story is null ? _chosen : null;
            await LoadAsync();
        }

        StateHasChanged();
    }

    private async Task TellAsync(Instance instance)
    {
        var events = await Instances.EventsAsync(_accountId, InstanceId, 0, CancellationToken.None);
        var wasChanging = _story is not null;
        _story = instance.State == InstanceState.Resizing ? Story.Of(instance, events) : null;
        _ending = _story is null && wasChanging ? events.LastOrDefault(line => line.Kind is "resized" or Happening.SizeKept) : _ending;
    }

    private async Task ChangeAsync()
    {
        if (_isBusy || Chosen is not { } chosen
            || !await _confirm.AskAsync($"Change {_offers!.Instance.Hostname} to {chosen.Plan.Name}?", $"{(_offers.IsMove ? "A second computer is made and copies your files; then it takes the place of this one, and programs that run end" : "It goes off for a few minutes now; programs that run on it end")}. Then it costs {PlanStep.PriceText(chosen.Price, _offers.Interval)}.", "Yes, change it", isDangerous: false))
        {
            return;
        }

        _isBusy = true;
        _ending = null;
        try
        {
            _refused = await Sizes.ResizeAsync(_accountId, InstanceId, chosen.Plan.Key, CancellationToken.None);
            await LoadAsync();
        }
        finally
        {
            _isBusy = false;
        }
    }

    private string DifferenceText(SizeOffer size) => size.Difference.MinorUnits switch
    {
        0 => $"Nothing is charged today. The next payment is on {BillingWords.Day(_offers!.PaidUntil)}.",
        > 0 => $"Nothing is charged today. For what is left of the paid time, about {size.Difference} is added to the next payment on {BillingWords.Day(_offers!.PaidUntil)}.",
        _ => $"For what is left of the paid time, about {size.Difference with { MinorUnits = -size.Difference.MinorUnits }} is taken off the next payment on {BillingWords.Day(_offers!.PaidUntil)}.",
    };

    private static StepLine Look(StoryStep line) => new(
        line.Step,
        line.Mark switch
        {
            StoryMark.Done => StepLook.Done,
            StoryMark.Pending => StepLook.Todo,
            StoryMark.Waiting => StepLook.Waiting,
            StoryMark.Failed => StepLook.Failed,
            _ => StepLook.Current,
        },
        line.Mark == StoryMark.Done ? null : line.At,
        line.Mark == StoryMark.Done ? line.At : null);
}
