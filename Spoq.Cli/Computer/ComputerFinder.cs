using System.CommandLine;
using Spoq.Cli.Account;

namespace Spoq.Cli.Computer;

/// <summary>Which computer is meant: the one this runs on, the one that is named, or the only one there is.</summary>
internal static class ComputerFinder
{
    private const string Marker = "/etc/spoq/vps.marker";
    private const string Socket = "/run/conductor/api.sock";

    public static readonly Option<string?> On = new("--on")
    {
        Description = "The computer, by its address such as alice.spoq.dev (default: your only one, or the first that runs).",
        HelpName = "computer",
    };

    /// <summary>Null: this is not a computer of Spoq's, so the way leads through the control plane. <c>SPOQ_SOCKET</c> names another socket.</summary>
    public static string? LocalSocket => Call.Setting("SPOQ_SOCKET") ?? (File.Exists(Marker) ? Socket : null);

    public static async Task<ComputerClient> FindAsync(Call call, ParseResult parsed, CancellationToken cancellationToken)
    {
        var wanted = parsed.GetValue(On);
        if (LocalSocket is { } socket && wanted is null && call.NamedUrl is null)
        {
            call.Screen.Detail($"Talking to this computer over {socket}.");
            return ComputerClient.OverSocket(socket);
        }

        var all = await ListAsync(call.ControlPlane, cancellationToken);
        var found = Choose(all, wanted, call.ControlPlane.Root);
        call.Screen.Detail($"Talking to {found.Hostname}.");
        return await ComputerClient.OverNetworkAsync(call.ControlPlane, found, cancellationToken);
    }

    public static async Task<IReadOnlyList<ComputerSeen>> ListAsync(ControlPlane controlPlane, CancellationToken cancellationToken) =>
        (await controlPlane.GetAsync("/api/cloud/instances?limit=100", CliJson.Default.ComputersPage, cancellationToken)).Data;


    internal static ComputerSeen Choose(IReadOnlyList<ComputerSeen> all, string? wanted, Uri root)
    {
        if (wanted is not null)
        {
            return all.FirstOrDefault(one => one.Hostname == wanted || one.Address == wanted || one.Id.ToString() == wanted)
                ?? throw new CommandFailedException(ExitCode.Failed, all.Count == 0
                    ? NoneYet(root)
                    : $"There is no computer '{wanted}' of yours. You have: {string.Join(", ", all.Select(one => one.Hostname))}.");
        }

        var alive = all.Where(one => one.Status is not ("draft" or "cancelled" or "deleted")).ToList();
        return alive.FirstOrDefault(one => one.Status == "running") ?? alive.LastOrDefault() ?? throw new CommandFailedException(ExitCode.Failed, NoneYet(root));
    }

    private static string NoneYet(Uri root) => $"You have no computer yet. Set one up at {root.At("/setup").AbsoluteUri}";
}

internal sealed record ComputersPage(IReadOnlyList<ComputerSeen> Data);

/// <summary>What is read of <c>/api/cloud/instances</c>.</summary>
internal sealed record ComputerSeen(Guid Id, string Address, string Hostname, string Status)
{
    public string? Headline { get; init; }

    public string? Role { get; init; }
}
