namespace Spoq.Cli;

/// <summary>What scripts branch on.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int NotSignedIn = 3;
    public const int Network = 4;
    public const int Interrupted = 130;
}
