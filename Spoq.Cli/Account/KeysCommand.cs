using System.CommandLine;
using System.Globalization;
using Spoq.Cli.Terminal;

namespace Spoq.Cli.Account;

/// <summary><c>spoq keys</c>.</summary>
internal static class KeysCommand
{
    private const string Root = "/v1/api-keys";

    public static Command Build()
    {
        var command = SpoqCommand.Verb("keys", "Show, create, rotate and revoke API keys.", (call, _, cancellationToken) => ListAsync(call, cancellationToken));
        var name = new Argument<string>("name") { Description = "What it is for." };
        var scopes = new Option<string[]>("--scope") { Description = "What it may do (default: ai). May be given more than once.", HelpName = "scope" };
        var days = new Option<int?>("--days") { Description = "Days until it ends (default: it does not).", HelpName = "days" };
        var which = new Argument<string>("key") { Description = "Its name, prefix or id." };
        var overlap = new Option<int?>("--overlap") { Description = "Hours for which the old secret goes on working: 0 (default) to 72.", HelpName = "hours" };
        command.Subcommands.Add(SpoqCommand.Verb("list", "Show API keys.", (call, _, cancellationToken) => ListAsync(call, cancellationToken)));
        command.Subcommands.Add(SpoqCommand.Verb("create", "Create an API key; its secret is printed once.", (call, parsed, cancellationToken) => CreateAsync(
            call, parsed.GetValue(name)!, parsed.GetValue(scopes) is { Length: > 0 } some ? some : ["ai"], parsed.GetValue(days), cancellationToken), name, scopes, days));
        command.Subcommands.Add(SpoqCommand.Verb("rotate", "Give an API key a new secret.", (call, parsed, cancellationToken) => RotateAsync(
            call, parsed.GetValue(which)!, parsed.GetValue(overlap), cancellationToken), which, overlap));
        command.Subcommands.Add(SpoqCommand.Verb("revoke", "Revoke an API key.", (call, parsed, cancellationToken) => RevokeAsync(call, parsed.GetValue(which)!, cancellationToken), which));
        return command;
    }

    private static async Task<int> ListAsync(Call call, CancellationToken cancellationToken)
    {
        var all = await AllAsync(call, cancellationToken);
        if (all.Count == 0 && !call.WantsJson)
        {
            call.Screen.Note("There are no API keys. Create one with: spoq keys create \"what it is for\"");
            return ExitCode.Ok;
        }

        static string Day(DateTimeOffset? at, string none) => at?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? none;
        string[] Row(KeySeen key) => [key.Name, key.Prefix, string.Join(' ', key.Scopes), Day(key.LastUsedAt, "never"), Day(key.ExpiresAt, "never"), key.Id.ToString()];
        return call.Answer(new KeyList(all, null), CliJson.Default.KeyList, () => Columns.Text(call.Screen, ["NAME", "BEGINS WITH", "SCOPES", "LAST USED", "ENDS", "ID"], [.. all.Select(Row)]));
    }

    private static async Task<int> CreateAsync(Call call, string name, string[] scopes, int? days, CancellationToken cancellationToken)
    {
        var wanted = new KeyCreate(name, scopes, days is { } count ? DateTimeOffset.UtcNow.AddDays(count) : null);
        var made = await call.ControlPlane.PostAsync(Root, wanted, CliJson.Default.KeyCreate, CliJson.Default.KeyCreated, cancellationToken);
        return ShowSecret(call, made);
    }

    private static async Task<int> RotateAsync(Call call, string which, int? overlap, CancellationToken cancellationToken)
    {
        var key = await FindAsync(call, which, cancellationToken);
        var made = await call.ControlPlane.PostAsync($"{Root}/{key.Id}/rotate", new KeyRotate(overlap), CliJson.Default.KeyRotate, CliJson.Default.KeyCreated, cancellationToken);
        return ShowSecret(call, made);
    }

    private static async Task<int> RevokeAsync(Call call, string which, CancellationToken cancellationToken)
    {
        var key = await FindAsync(call, which, cancellationToken);
        await call.ControlPlane.DeleteAsync($"{Root}/{key.Id}", cancellationToken);
        call.Screen.Note($"Revoked: {key.Name}, {key.Prefix}…");
        return ExitCode.Ok;
    }

    /// <summary>Alone on stdout, so that it can be piped into a vault.</summary>
    private static int ShowSecret(Call call, KeyCreated made)
    {
        call.Screen.Note("This is the secret. It is not shown again, so put it where you will need it:");
        return call.Answer(made, CliJson.Default.KeyCreated, () => made.Key);
    }

    private static async Task<KeySeen> FindAsync(Call call, string which, CancellationToken cancellationToken)
    {
        var found = (await AllAsync(call, cancellationToken)).Where(key => key.Name == which || key.Id.ToString() == which || key.Prefix == which).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new CommandFailedException(ExitCode.Failed, $"No API key is called '{which}'. See: spoq keys"),
            _ => throw new CommandFailedException(ExitCode.Failed, $"{found.Count} API keys are called '{which}'. Say which by its id; see: spoq keys"),
        };
    }

    private static async Task<List<KeySeen>> AllAsync(Call call, CancellationToken cancellationToken)
    {
        var all = new List<KeySeen>();
        string? cursor = null;
        do
        {
            var page = await call.ControlPlane.GetAsync($"{Root}?limit=100{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", CliJson.Default.KeyList, cancellationToken);
            all.AddRange(page.Data);
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        return all;
    }
}

internal sealed record KeyList(IReadOnlyList<KeySeen> Data, string? NextCursor = null);

internal sealed record KeySeen(Guid Id, string Name, string Prefix, IReadOnlyList<string> Scopes)
{
    public DateTimeOffset? LastUsedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }
}

internal sealed record KeyCreate(string Name, IReadOnlyList<string> Scopes, DateTimeOffset? ExpiresAt);

internal sealed record KeyRotate(int? OverlapHours);

internal sealed record KeyCreated(Guid Id, string Name, string Prefix, string Key);
