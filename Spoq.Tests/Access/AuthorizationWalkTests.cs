using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Spoq.Core.Access;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

/// <summary>Generated from the route table: who is let in where, and that another account's id is nowhere more than a missing one.</summary>
public sealed partial class AuthorizationWalkTests(ApiWorld world) : IClassFixture<ApiWorld>
{
    /// <summary>Open to all on purpose. Whoever adds an endpoint here says so to the reviewer.</summary>
    private static readonly string[] s_open =
    [
        "GET /.well-known/jwks.json", "GET /api/plans", "GET /api/regions", "GET /api/subdomain/check/{name}", "GET /openapi/v1.json", "GET /health", "GET /health/ready",
        "POST /api/auth/register", "POST /api/auth/signup", "POST /v1/auth/register", "POST /api/auth/login", "POST /v1/auth/login", "POST /api/auth/login/mfa",
        "POST /api/auth/refresh", "POST /v1/auth/refresh", "POST /auth/refresh", "POST /auth/revoke",
        "POST /api/auth/forgot-password", "POST /api/auth/reset-password", "POST /api/auth/verify-email", "POST /api/auth/resend-verification",
        "POST /webhooks/stripe", "POST /api/subscription/webhook", "POST /logout", "GET /cloud/new", "GET /dev/mail/messages",
        "POST /auth/device", "POST /auth/device/token", "GET /auth/authorize", "POST /oauth/device_authorization",
        "GET /.well-known/oauth-authorization-server", "GET /.well-known/openid-configuration",
        "POST /oauth/token", "POST /oauth/revoke", "POST /oauth/introspect", "POST /oauth/register",
        "GET /auth/github", "GET /auth/google", "GET /api/auth/google", "GET /login/external",
        "GET /releases/version", "GET /releases/cli", "GET /releases/{binary}", "GET /install", "GET /install.sh", "GET /own-server",
    ];

    private IEnumerable<(string Method, RouteEndpoint Endpoint)> Programs => world.Endpoints
        .Where(endpoint => endpoint.Metadata.GetMetadata<ComponentTypeMetadata>() is null && endpoint.Metadata.GetMetadata<HubMetadata>() is null)
        .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []).Select(method => (method, endpoint)))
        .Where(row => !IsFrameworks(RouteWalk.Template(row.endpoint)));

    private IEnumerable<(string Method, RouteEndpoint Endpoint, CallerRule Rule)> Ruled => Programs
        .Where(row => row.Endpoint.Metadata.GetMetadata<CallerRule>() is not null)
        .Select(row => (row.Method, row.Endpoint, row.Endpoint.Metadata.GetMetadata<CallerRule>()!));

    [Fact]
    public void Every_endpoint_says_who_may_call_and_what_is_open_is_listed()
    {
        var silent = Programs.Where(row => row.Endpoint.Metadata.GetMetadata<CallerRule>() is null && row.Endpoint.Metadata.GetMetadata<InstanceTokenRule>() is null && row.Endpoint.Metadata.GetMetadata<OperatorKeyRule>() is null);
        var both = Programs.Where(row => row.Endpoint.Metadata.GetMetadata<CallerRule>() is not null && row.Endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null);

        Assert.NotEmpty(Programs);
        Offenders.None(silent.Select(row => RouteWalk.Name(row.Method, row.Endpoint)).Except(s_open));
        Assert.Empty(both.Select(row => RouteWalk.Name(row.Method, row.Endpoint)));
    }

    [Fact]
    public void Every_page_says_whether_it_is_open()
    {
        var pages = world.Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<ComponentTypeMetadata>() is not null).ToList();
        var closed = pages.Where(page => page.Metadata.GetMetadata<IAuthorizeData>() is not null || page.Metadata.GetMetadata<IAllowAnonymous>() is null).Select(RouteWalk.Template).ToList();

        Assert.NotEmpty(pages);
        Assert.All(pages.Select(RouteWalk.Template).Where(path => path.StartsWith("/dashboard", StringComparison.Ordinal) || path.StartsWith("/admin", StringComparison.Ordinal) || path.StartsWith("/r/", StringComparison.Ordinal)), path => Assert.Contains(path, closed));
    }

    [Fact]
    public async Task Nobody_gets_in_without_a_good_token()
    {
        using var walk = new RouteWalk(world.BaseUrl);
        var (expired, runtime) = (await world.ExpiredTokenAsync(), await world.RuntimeTokenAsync());
        var wrong = new List<string>();
        foreach (var (method, endpoint, _) in Ruled)
        {
            foreach (var (token, codes) in new (string?, string[])[] { (null, ["unauthenticated", "token_missing"]), (expired, ["token_expired"]), (runtime, ["invalid_token"]), ("nothing.of.ours", ["invalid_token"]), ("spoq_live_nothing", ["invalid_token"]) })
            {
                var answer = await walk.CallAsync(method, endpoint, token, _ => Guid.CreateVersion7());
                var isPage = token is null && answer.Status == 302;
                if (!isPage && (answer.Status != 401 || !codes.Any(answer.Says) || answer.Challenge?.StartsWith("Bearer", StringComparison.Ordinal) != true))
                {
                    wrong.Add($"{RouteWalk.Name(method, endpoint)} with {codes[0]}: {answer.Status} {answer.Code} {answer.Challenge}");
                }
            }
        }

        Offenders.None(wrong);
    }

    [Fact]
    public async Task A_token_opens_what_its_scope_says_and_an_unconfirmed_account_next_to_nothing()
    {
        using var walk = new RouteWalk(world.BaseUrl);
        var (other, unconfirmed, mine) = (await world.TokenAsync(Scopes.OpenId), await world.UnconfirmedTokenAsync(), world.Stranger.Token!);
        var wrong = new List<string>();
        foreach (var (method, endpoint, rule) in Ruled.Where(row => !IsGoodbye(row.Endpoint)))
        {
            var name = RouteWalk.Name(method, endpoint);
            var scoped = await walk.CallAsync(method, endpoint, other, _ => Guid.CreateVersion7());
            if (rule.Scope != Scopes.OpenId && (scoped.Status != 403 || !scoped.Says("insufficient_scope") || !scoped.Challenge!.Contains($"scope=\"{rule.Scope}\"", StringComparison.Ordinal)))
            {
                wrong.Add($"{name} with another scope: {scoped.Status} {scoped.Code} {scoped.Challenge}");
            }

            var early = await walk.CallAsync(method, endpoint, unconfirmed, _ => Guid.CreateVersion7());
            if (rule.AllowsUnconfirmed ? early.Status == 403 : early.Status != 403 || !early.Says("email_unconfirmed"))
            {
                wrong.Add($"{name} unconfirmed: {early.Status} {early.Code}");
            }

            if (rule.NeedsAdmin && await walk.CallAsync(method, endpoint, mine, _ => Guid.CreateVersion7()) is { Status: not 403 } let)
            {
                wrong.Add($"{name} without the role: {let.Status} {let.Code}");
            }
        }

        Offenders.None(wrong);
    }

    [Fact]
    public async Task Another_accounts_id_is_answered_like_a_missing_one_by_as_much_work()
    {
        using var walk = new RouteWalk(world.BaseUrl);
        var withIds = Ruled.Where(row => RouteWalk.IdsOf(row.Endpoint).Count > 0).ToList();
        var wrong = new List<string>();
        Assert.NotEmpty(withIds);
        foreach (var (method, endpoint, rule) in withIds)
        {
            var name = RouteWalk.Name(method, endpoint);
            if (RouteWalk.IdsOf(endpoint).FirstOrDefault(id => !world.Ids.ContainsKey(id)) is { } unknown)
            {
                wrong.Add($"{name}: the world has no {unknown}; give its owner one");
                continue;
            }

            // What is remembered for some seconds may be read anew by either: then they are compared once more.
            WalkAnswer missing, foreign;
            var tries = 0;
            do
            {
                missing = await walk.CallAsync(method, endpoint, world.Stranger.Token, _ => Guid.CreateVersion7());
                foreign = await walk.CallAsync(method, endpoint, world.Stranger.Token, id => world.Ids[id]);
            }
            while (missing.Commands != foreign.Commands && ++tries < 4);

            if (foreign.Status != (rule.NeedsAdmin ? 403 : 404) || foreign != missing)
            {
                wrong.Add($"{name}: foreign {foreign.Status} {foreign.Code} ({foreign.Commands} commands), missing {missing.Status} {missing.Code} ({missing.Commands} commands)");
            }
        }

        Offenders.None(wrong);
        Assert.True((await walk.CallAsync("GET", Ruled.First(row => RouteWalk.Template(row.Endpoint) == "/api/devices").Endpoint, world.Stranger.Token, _ => Guid.Empty)).Commands > 0, "commands are counted");
    }

    [Fact]
    public async Task A_page_for_another_accounts_id_looks_like_one_for_a_missing_id()
    {
        var pages = world.Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<ComponentTypeMetadata>() is not null && RouteWalk.IdsOf(endpoint).Count > 0).ToList();
        using var owner = new HttpVisitor(world.BaseUrl);
        using var stranger = new HttpVisitor(world.BaseUrl);
        using var nobody = new HttpVisitor(world.BaseUrl);
        Assert.NotNull(await owner.LogInAsync(world.Owner.Email));
        Assert.NotNull(await stranger.LogInAsync(world.Stranger.Email));
        Assert.NotEmpty(pages);
        var wrong = new List<string>();
        foreach (var page in pages)
        {
            var name = RouteWalk.Template(page);
            var (missing, theirs) = (RouteWalk.Path(page, _ => Guid.CreateVersion7()), RouteWalk.Path(page, id => world.Ids[id]));
            var (foreign, none, own) = (await SeenAsync(stranger, theirs), await SeenAsync(stranger, missing), await SeenAsync(owner, theirs));
            if (foreign != none || foreign.Status is not (404 or 403))
            {
                wrong.Add($"{name}: foreign {foreign}, missing {none}");
            }

            // To be its owner opens no administrator's page.
            if (name.StartsWith("/admin", StringComparison.Ordinal) ? own.Status != 403 : own.Status != 200 || own.Text == foreign.Text)
            {
                wrong.Add($"{name}: its owner sees {own}");
            }

            if ((await SeenAsync(nobody, theirs)).Status is not (302 or 401) && page.Metadata.GetMetadata<IAuthorizeData>() is not null)
            {
                wrong.Add($"{name}: nobody is let in");
            }
        }

        Offenders.None(wrong);
    }

    [Fact]
    public async Task A_hub_lets_nobody_in_without_a_good_token_and_tells_nothing_of_foreign_ids()
    {
        var hubs = world.Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<HubMetadata>() is not null && !RouteWalk.Template(endpoint).EndsWith("/negotiate", StringComparison.Ordinal))
            .Where(endpoint => !IsFrameworks(RouteWalk.Template(endpoint))).ToList();
        Assert.NotEmpty(hubs);
        foreach (var hub in hubs)
        {
            var path = RouteWalk.Template(hub);
            Assert.NotNull(hub.Metadata.GetMetadata<CallerRule>());
            foreach (var (token, status) in new[] { (null, 401), (await world.ExpiredTokenAsync(), 401), (await world.RuntimeTokenAsync(), 401), (await world.TokenAsync(Scopes.OpenId), 403), (await world.UnconfirmedTokenAsync(), 403) })
            {
                Assert.Equal(status, await HubLine.TryAsync(world.BaseUrl, path, token));
            }

            await using var line = await HubLine.OpenAsync(world.BaseUrl, path, world.Stranger.Token!);
            foreach (var method in MethodsOf(hub.Metadata.GetMetadata<HubMetadata>()!.HubType))
            {
                var foreign = await line.CallAsync(method.Name, Arguments(method, world.Ids["instanceId"]));
                var missing = await line.CallAsync(method.Name, Arguments(method, Guid.CreateVersion7()));
                Assert.Equal(missing, foreign);
            }

            await using var own = await HubLine.OpenAsync(world.BaseUrl, path, world.Owner.Token!);
            Assert.DoesNotContain("error", await own.CallAsync("Subscribe", [world.Ids["instanceId"]]), StringComparison.Ordinal);
        }
    }

    /// <summary>What a person reads there, without the id that they typed.</summary>
    private static async Task<(int Status, string Text)> SeenAsync(HttpVisitor visitor, string path)
    {
        using var answer = await visitor.Http.GetAsync(new Uri(path, UriKind.Relative));
        var html = await answer.Content.ReadAsStringAsync();

        // A page that refuses names its own request, which is another one each time.
        html = html.Replace(answer.Headers.GetValues("X-Request-Id").Single(), "…", StringComparison.Ordinal);
        var text = NotWords().Replace(html.Replace(path.Split('/').Last(part => Guid.TryParse(part, out _)), "…", StringComparison.OrdinalIgnoreCase), " ");
        return ((int)answer.StatusCode, text.Trim());
    }

    [GeneratedRegex("<!--.*?-->|<[^>]*>|\\s+", RegexOptions.Singleline)]
    private static partial Regex NotWords();

    private static IEnumerable<MethodInfo> MethodsOf(Type hub) =>
        hub.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(method => !method.IsSpecialName && method.GetBaseDefinition().DeclaringType == hub);

    private static object[] Arguments(MethodInfo method, Guid id) =>
        [.. method.GetParameters().Select(parameter => parameter.ParameterType == typeof(Guid) ? id : parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType)! : "")];

    private static bool IsFrameworks(string path) => path.StartsWith("/_", StringComparison.Ordinal) || path.Contains("{**", StringComparison.Ordinal) || Path.HasExtension(path) && !path.StartsWith("/.well-known", StringComparison.Ordinal) && !path.StartsWith("/openapi", StringComparison.Ordinal) && !path.StartsWith("/v1/", StringComparison.Ordinal);

    private static bool IsGoodbye(RouteEndpoint endpoint) => RouteWalk.Template(endpoint).EndsWith("/logout", StringComparison.Ordinal);
}
