namespace Spoq.Core.Instances.Providers.Byo;

/// <summary>Every "no" to a machine that calls, and to who brings it. They are read in a terminal: plain letters only.</summary>
public static class OwnServerRefusals
{
    public static readonly Refusal CommandUnknown = new(
        "command_unknown", "This command is not known, or a newer one took its place. Copy the command from your dashboard again.", RefusalKind.Unauthenticated);

    public static readonly Refusal CommandExpired = new(
        "command_expired", "This command is more than 24 hours old. Press Get a new command on your dashboard and run that one.", RefusalKind.Conflict);

    public static readonly Refusal Detached = new(
        "server_detached", "The computer that this command was for has ended or is ending. Set up a new one on your dashboard.", RefusalKind.Conflict);

    public static readonly Refusal AlreadyConnected = new(
        "server_connected", "A server is connected already. To repair it, run the same command on it once more.", RefusalKind.Conflict);

    public static readonly Refusal NotOwnServer = new(
        "not_own_server", "This computer is not a server of your own, so there is no command for it.", RefusalKind.Conflict);

    public static readonly Refusal NoCommandYet = new(
        "no_command_yet", "The command is not made yet. Wait a moment and try again.", RefusalKind.Conflict);

    public static readonly Refusal BadCall = new("bad_call", "The call of this server cannot be read. Copy the command from your dashboard and run it again.");

    public static Refusal CommandUsed(string address) => new(
        "command_used", $"This command has brought in another server already, {address}. One computer is one server: detach that one first, or set up another computer.", RefusalKind.Conflict);

    public static Refusal PrivateAddress(string address) => new(
        "private_address", $"This server called from {address}, which cannot be reached from the internet. Spoq needs a server with a public address, or a router that forwards ports 22, 80 and 443 to it.");
}
