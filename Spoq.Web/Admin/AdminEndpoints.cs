using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core.Admin;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Core.Instances.Sweep;
using Spoq.Infrastructure.Admin;
using Spoq.Infrastructure.Instances.Providers;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Admin;

/// <summary>What the pages of administrators do, for programs.</summary>
internal static class AdminEndpoints
{
    private const string Tag = "Admin";
    private const string Root = "/v1/admin";

    public static void MapAdmin(this IEndpointRouteBuilder routes)
    {
        routes.MapApi("GET", Root + "/overview", OverviewAsync).RequireAdmin().WithTags(Tag).WithSummary("Counts of what there is and what needs a person");
        routes.MapApi("GET", Root + "/instances", ListAsync).RequireAdmin().Refuses(422).WithTags(Tag)
            .WithSummary("All instances, newest first").WithDescription("`search` is part of an address or of an owner's e-mail address, or an id; `state` is one of the states.");
        routes.MapApi("GET", Root + "/instances/{instanceId:guid}", GetAsync).RequireAdmin().Refuses(404).WithTags(Tag).WithSummary("One instance with its subscription and its story");
        routes.MapApi("POST", Root + "/provision/{instanceId:guid}", RetryAsync).RequireAdmin().Refuses(404, 409).WithTags(Tag)
            .WithSummary("Try again at the step that failed");
        routes.MapApi("POST", Root + "/instances/{instanceId:guid}/actions", ActAsync).RequireAdmin().Refuses(404, 409, 422).WithTags(Tag)
            .WithSummary("Act on an instance").WithDescription("`action` is `retry`, `cancel` (and refund, before delivery), `stop`, `terminate` (at once, without grace), `hold` (with a `reason`) or `release`. Each is in the audit log.");
        routes.MapApi("GET", Root + "/orphans", OrphansAsync).RequireAdmin().WithTags(Tag).WithSummary("Servers at providers that do not match our rows");
        routes.MapApi("GET", Root + "/capacity", CapacityAsync).RequireAdmin().WithTags(Tag).WithSummary("Servers held at each provider");
    }

    private static async Task<Ok<AdminOverviewAnswer>> OverviewAsync(AdminReports reports, CancellationToken cancellationToken)
    {
        var seen = await reports.OverviewAsync(cancellationToken);
        return TypedResults.Ok(new AdminOverviewAnswer(
            seen.States.ToDictionary(row => AdminWords.Key(row.Key), row => row.Value), seen.Active, seen.Cancelled, seen.Paused, seen.Held, seen.PaymentFailed, seen.Orphans, seen.Owing, seen.OldestDue));
    }

    private static async Task<Results<Ok<Page<AdminInstanceAnswer>>, ProblemHttpResult>> ListAsync(
        PageQuery page, AdminReports reports, CancellationToken cancellationToken, string? search = null, string? state = null)
    {
        var wanted = AdminWords.State(state);
        if (state is { Length: > 0 } && wanted is null)
        {
            return AdminRefusals.UnknownState.ToProblem();
        }

        var rows = await reports.InstancesAsync(search, wanted, page.After?.Id, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.Cut(rows, row => Cursor.Of(row.Instance.Id), AdminInstanceAnswer.Of));
    }

    private static async Task<Results<Ok<AdminFileAnswer>, ProblemHttpResult>> GetAsync(Guid instanceId, AdminReports reports, CancellationToken cancellationToken) =>
        await reports.FindAsync(instanceId, cancellationToken) is { } file
            ? TypedResults.Ok(AdminFileAnswer.Of(file))
            : InstanceRefusals.NotFound.ToProblem();

    private static Task<Results<Accepted<AdminInstanceAnswer>, ProblemHttpResult>> RetryAsync(
        Guid instanceId, ClaimsPrincipal user, HttpContext http, AdminActions actions, AdminReports reports, CancellationToken cancellationToken) =>
        ActAsync(instanceId, new ActionBody("retry"), user, http, actions, reports, cancellationToken);

    private static async Task<Results<Accepted<AdminInstanceAnswer>, ProblemHttpResult>> ActAsync(
        Guid instanceId, ActionBody body, ClaimsPrincipal user, HttpContext http, AdminActions actions, AdminReports reports, CancellationToken cancellationToken)
    {
        var by = new Administrator(user.AccountId(), http.Caller());
        var refusal = body.Action switch
        {
            "retry" => await actions.RetryAsync(by, instanceId, cancellationToken),
            "cancel" => await actions.CancelAndRefundAsync(by, instanceId, cancellationToken),
            "stop" => await actions.ForceStopAsync(by, instanceId, cancellationToken),
            "terminate" => await actions.TerminateAsync(by, instanceId, cancellationToken),
            "hold" => await actions.HoldAsync(by, instanceId, body.Reason, cancellationToken),
            "release" => await actions.ReleaseAsync(by, instanceId, cancellationToken),
            _ => AdminRefusals.UnknownAction,
        };
        return refusal is not null
            ? refusal.ToProblem()
            : TypedResults.Accepted($"{Root}/instances/{instanceId}", AdminInstanceAnswer.Of((await reports.FindAsync(instanceId, cancellationToken))!));
    }

    private static async Task<Ok<Page<OrphanAnswer>>> OrphansAsync(AdminReports reports, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<OrphanAnswer>(
            [.. (await reports.OrphansAsync(cancellationToken)).Select(row => new OrphanAnswer(row.Id, row.Provider, row.Reference, row.Kind, row.Mark, row.InstanceId, row.FirstSeenAt, row.LastSeenAt))], null));

    private static async Task<Ok<Page<CapacityAnswer>>> CapacityAsync(ServerCapacity capacity, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<CapacityAnswer>([.. (await capacity.ListAsync(cancellationToken)).Select(row => new CapacityAnswer(row.Provider, row.Used, row.Spare, row.Most, row.IsOn))], null));

    /// <param name="Reason">Why it is held.</param>
    private sealed record ActionBody(string? Action = null, string? Reason = null);

    /// <param name="Owing">Refunds that have not gone through yet.</param>
    /// <param name="OldestDue">The oldest piece of work that nobody has taken.</param>
    private sealed record AdminOverviewAnswer(
        Dictionary<string, int> Instances, int Active, int Cancelled, int Paused, int Held, int PaymentFailed, int Orphans, int Owing, DateTimeOffset? OldestDue);

    private sealed record OrphanAnswer(Guid Id, string Provider, string Reference, OrphanKind Kind, string Mark, Guid? InstanceId, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt);

    /// <param name="Most">How many it may be; null: not limited by us.</param>
    /// <param name="Enabled">It is switched on here.</param>
    private sealed record CapacityAnswer(string Provider, int Used, int Spare, int? Most, bool Enabled);

    /// <param name="Step">The step in hand, such as <c>create_server</c>.</param>
    private sealed record AdminInstanceAnswer(
        Guid Id, Guid AccountId, string Email, string Hostname, string Plan, string Provider, string Region, string Status, DateTimeOffset StatusSince,
        string? Step, int Attempts, string? WaitingFor, string? ErrorCode, string? ErrorMessage, DateTimeOffset? DueAt, DateTimeOffset? LeaseUntil, string? ServerReference)
    {
        public static AdminInstanceAnswer Of(AdminInstance row) => Of(row.Instance, row.Email);

        public static AdminInstanceAnswer Of(AdminFile file) => Of(file.Instance, file.Email);

        private static AdminInstanceAnswer Of(Instance instance, string email) => new(
            instance.Id, instance.AccountId, email, instance.Hostname, instance.Plan, instance.Provider, instance.Region, AdminWords.Key(instance.State), instance.StateSince,
            instance.Step?.Key(), instance.Attempts, instance.WaitingFor, instance.ErrorCode, instance.ErrorMessage, instance.DueAt, instance.LeaseUntil, instance.ServerReference);
    }

    private sealed record LedgerAnswer(Guid Id, string Provider, string? Reference, DateTimeOffset OrderedAt, DateTimeOffset? AnsweredAt, DateTimeOffset? RemovedAt, DateTimeOffset? PaidUntil);

    private sealed record StoryAnswer(long Id, DateTimeOffset At, string Kind, string Message, string? Step);

    /// <param name="Events">The newest 200, newest first.</param>
    private sealed record AdminFileAnswer(AdminInstanceAnswer Instance, Billing.SubscriptionAnswer Subscription, IReadOnlyList<LedgerAnswer> Servers, IReadOnlyList<StoryAnswer> Events)
    {
        public static AdminFileAnswer Of(AdminFile file) => new(
            AdminInstanceAnswer.Of(file),
            Billing.SubscriptionAnswer.Of(file.Subscription),
            [.. file.Servers.Select(line => new LedgerAnswer(line.Id, line.Provider, line.Reference, line.OrderedAt, line.AnsweredAt, line.RemovedAt, line.PaidUntil))],
            [.. file.Events.Select(line => new StoryAnswer(line.Id, line.At, line.Kind, line.Message, line.Step))]);
    }
}
