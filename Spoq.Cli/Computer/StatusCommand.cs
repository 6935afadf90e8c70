using System.CommandLine;
using System.Globalization;
using Spoq.Cli.Account;
using Spoq.Cli.Terminal;
using Spoq.Core.Wire;

namespace Spoq.Cli.Computer;

/// <summary><c>spoq status</c>.</summary>
internal static class StatusCommand
{
    public static Command Build() => SpoqCommand.Verb(
        "status", "Show whether the control plane and your computers are well.", (call, parsed, cancellationToken) => RunAsync(call, parsed, cancellationToken), ComputerFinder.On);

    private static async Task<int> RunAsync(Call call, ParseResult parsed, CancellationToken cancellationToken)
    {
        if (ComputerFinder.LocalSocket is not null && call.NamedUrl is null)
        {
            using var computer = await ComputerFinder.FindAsync(call, parsed, cancellationToken);
            var here = await computer.GetAsync("/api/status", WireJson.Default.ConductorStatus, cancellationToken);
            return call.Answer(here, WireJson.Default.ConductorStatus, () => Describe(call.Screen, here));
        }

        var (isWell, shown) = await AskAsync(call, parsed.GetValue(ComputerFinder.On), cancellationToken);
        call.Answer(shown, CliJson.Default.StatusShown, () => Describe(call.Screen, shown));
        return isWell ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task<(bool IsWell, StatusShown Shown)> AskAsync(Call call, string? wanted, CancellationToken cancellationToken)
    {
        var controlPlane = call.ControlPlane;
        using var request = new HttpRequestMessage(HttpMethod.Get, controlPlane.Root.At("/health"));
        using var answer = await controlPlane.SendPlainAsync(request, cancellationToken);
        if (await controlPlane.ReadAsync(answer, CliJson.Default.HealthSeen, cancellationToken) is not { Status: { } said } health)
        {
            throw controlPlane.Strange(answer);
        }

        var state = answer.IsSuccessStatusCode ? said.ToLowerInvariant() : "unwell";
        var signedIn = controlPlane.Session.IsSignedIn && answer.IsSuccessStatusCode;
        var computers = signedIn ? await ComputersAsync(controlPlane, wanted, cancellationToken) : null;
        return (answer.IsSuccessStatusCode, new StatusShown(controlPlane.Root.Text(), state, health.Version, signedIn ? controlPlane.Session.Email : null, computers));
    }

    private static async Task<IReadOnlyList<ComputerShown>> ComputersAsync(ControlPlane controlPlane, string? wanted, CancellationToken cancellationToken)
    {
        var all = await ComputerFinder.ListAsync(controlPlane, cancellationToken);
        var chosen = wanted is null ? all : [ComputerFinder.Choose(all, wanted, controlPlane.Root)];
        return [.. await Task.WhenAll(chosen.Select(one => LookAsync(controlPlane, one, cancellationToken)))];
    }

    private static async Task<ComputerShown> LookAsync(ControlPlane controlPlane, ComputerSeen seen, CancellationToken cancellationToken)
    {
        if (seen.Status != "running")
        {
            return new ComputerShown(seen.Hostname, seen.Status, seen.Headline, null, null, null, null);
        }

        try
        {
            using var computer = await ComputerClient.OverNetworkAsync(controlPlane, seen, cancellationToken);
            var told = await computer.GetAsync("/api/status", WireJson.Default.ConductorStatus, cancellationToken);
            return new ComputerShown(seen.Hostname, seen.Status, seen.Headline, told.Version, told.Model, told.UptimeSeconds, told.Resources);
        }
        catch (CommandFailedException no)
        {
            return new ComputerShown(seen.Hostname, "not_answering", no.Message, null, null, null, null);
        }
    }

    /// <summary>Columns for people; one plain line each where another program reads.</summary>
    private static string Describe(Screen screen, StatusShown status)
    {
        if (!screen.IsTerminal)
        {
            var computers = (status.Computers ?? []).Select(one => $"\n{one.Hostname} {one.State}");
            return $"{status.State} {status.Version}".TrimEnd() + string.Concat(computers);
        }

        var text = Columns.Pairs(screen,
            ("Control plane", status.Url),
            ("State", status.State == "ok" ? screen.Ink.Green("ok") : screen.Ink.Red(status.State)),
            ("Version", status.Version ?? "not told"),
            ("Signed in as", status.Email ?? (status.Computers is null ? "nobody; sign in with: spoq init" : null)));
        return text + string.Concat((status.Computers ?? []).Select(one => $"\n\n{Describe(screen, one)}"));
    }

    private static string Describe(Screen screen, ComputerShown one) => Columns.Pairs(screen,
        ("Computer", screen.Ink.Bold(one.Hostname)),
        ("State", one.State == "running" ? screen.Ink.Green("running") : screen.Ink.Yellow(one.State)),
        ("", one.State == "running" ? null : one.Headline),
        ("Model", one.Model),
        ("Up for", one.UptimeSeconds is { } up ? Span(up) : null),
        ("Uses", one.Resources is { } use ? Use(use) : null));

    private static string Describe(Screen screen, ConductorStatus here) => screen.IsTerminal
        ? Columns.Pairs(screen,
            ("Computer", screen.Ink.Bold(here.Hostname)), ("Conductor", here.Version), ("Model", here.Model), ("Up for", Span(here.UptimeSeconds)), ("Uses", Use(here.Resources)))
        : $"ok {here.Version}\n{here.Hostname} running";

    private static string Use(ResourceUse use) => string.Create(CultureInfo.InvariantCulture,
        $"CPU {use.CpuPercent:0} %, memory {Gib(use.MemoryUsedBytes)} of {Gib(use.MemoryTotalBytes)} GiB, disk {Gib(use.DiskUsedBytes)} of {Gib(use.DiskTotalBytes)} GiB");

    private static string Gib(long bytes) => (bytes / 1073741824.0).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Span(long seconds) => seconds switch
    {
        < 120 => $"{seconds} s",
        < 7200 => $"{seconds / 60} min",
        < 172_800 => $"{seconds / 3600} h",
        _ => $"{seconds / 86_400} days",
    };
}

/// <summary>What is read of <c>/health</c>: as little as possible, so that servers of any age are understood.</summary>
internal sealed record HealthSeen(string? Status = null, string? Version = null);

/// <param name="Computers">Null: nobody is signed in.</param>
internal sealed record StatusShown(string Url, string State, string? Version, string? Email, IReadOnlyList<ComputerShown>? Computers);

internal sealed record ComputerShown(string Hostname, string State, string? Headline, string? ConductorVersion, string? Model, long? UptimeSeconds, ResourceUse? Resources);
