using System.Runtime.InteropServices;

namespace Spoq.Cli;

/// <summary>Ctrl-C and the request to end. The first one asks, the second one, or two seconds without an end, do not.</summary>
internal sealed class Interrupts : IDisposable
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(20);
    private static volatile CancellationTokenSource? s_inner;
    private static volatile bool s_isHeld;

    private readonly CancellationTokenSource _ended = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Interrupts() => _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Take), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Take)];

    public CancellationToken Token => _ended.Token;

    /// <summary>While this lives, Ctrl-C ends what it stands for and not the command.</summary>
    public static CancellationTokenSource Inner(CancellationToken outer) => s_inner = CancellationTokenSource.CreateLinkedTokenSource(outer);

    public static void EndInner() => s_inner = null;

    /// <summary>Until it is released nothing ends this process early.</summary>
    public static void Hold() => s_isHeld = true;

    public static void Release() => s_isHeld = false;

    public void Dispose()
    {
        Array.ForEach(_registrations, one => one.Dispose());
        _ended.Dispose();
    }

    private void Take(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (signal.Signal == PosixSignal.SIGINT && s_inner is { IsCancellationRequested: false } inner)
        {
            inner.Cancel();
            return;
        }

        if (_ended.IsCancellationRequested)
        {
            _ = ExitAsync(TimeSpan.Zero);
            return;
        }

        _ = ExitAsync(s_grace);
        _ended.Cancel();
    }

    private static async Task ExitAsync(TimeSpan grace)
    {
        await Task.Delay(grace);
        while (s_isHeld)
        {
            await Task.Delay(s_between);
        }

        Environment.Exit(ExitCode.Interrupted);
    }
}
