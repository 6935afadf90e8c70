using System.Diagnostics;
using System.Text;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Run;

/// <summary>One command: its shell in a session of its own, its output as it comes, its end.</summary>
/// <remarks>What a finished command left running on purpose lives on; what a stopped one started does not.</remarks>
internal sealed class CommandRun(string workspace, TimeSpan timeout, CommandGuard guard, Func<RunEvent, CancellationToken, Task> send)
{
    private const long MaxOutputBytes = 8 * 1024 * 1024;

    // How long the pipes may be silent after the shell's end before what it left running is let go.
    private static readonly TimeSpan s_silence = TimeSpan.FromMilliseconds(200);

    // Where nothing is left running the pipes end by themselves; this is for processes we cannot see.
    private static readonly TimeSpan s_silenceOfNobody = TimeSpan.FromSeconds(5);

    private long _outputBytes;
    private int _writing;
    private long _lastOutput;

    /// <exception cref="OperationCanceledException">It was stopped; everything it started is gone.</exception>
    /// <exception cref="TooManyProcessesException">The same.</exception>
    public async Task<RunExit> RunAsync(string command, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var marker = ProcessTree.NewMarker();
        using var watched = guard.Watch(marker);
        using var shell = Process.Start(Describe(command, marker)) ?? throw new InvalidOperationException("The shell did not start.");
        using var timer = new CancellationTokenSource(timeout);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token, watched.TooMany);
        using var pumping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var timedOut = false;
        shell.StandardInput.Close();
        var pumps = Task.WhenAll(
            PumpAsync(shell.StandardOutput.BaseStream, text => new RunStdout(text), pumping.Token),
            PumpAsync(shell.StandardError.BaseStream, text => new RunStderr(text), pumping.Token));
        try
        {
            await shell.WaitForExitAsync(over.Token);
            await DrainAsync(pumps, marker, over.Token);
        }
        catch (OperationCanceledException)
        {
            timedOut = true;
            ProcessTree.Kill(shell.HasExited ? null : shell.Id, marker);
            await shell.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            await DrainAsync(pumps, marker, cancellationToken);
        }
        finally
        {
            await pumping.CancelAsync();
            await pumps.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (watched.TooMany.IsCancellationRequested)
        {
            throw new TooManyProcessesException();
        }

        var truncated = Interlocked.Read(ref _outputBytes) > MaxOutputBytes;
        return new RunExit(shell.ExitCode, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds, timedOut, truncated);
    }

    private ProcessStartInfo Describe(string command, string marker)
    {
        var shell = File.Exists("/bin/bash") ? "/bin/bash" : "/bin/sh";
        var start = new ProcessStartInfo
        {
            FileName = "setsid",
            ArgumentList = { shell, "-c", command },
            WorkingDirectory = workspace,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // A list of what is given, not of what is held back: no variable of ours leaks by being new.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["HOME"] = workspace;
        start.Environment["USER"] = start.Environment["LOGNAME"] = Environment.UserName;
        start.Environment["SHELL"] = shell;
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment["TERM"] = "dumb";
        start.Environment[ProcessTree.Variable] = marker;
        return start;
    }

    private async Task PumpAsync(Stream pipe, Func<string, RunEvent> wrap, CancellationToken cancellationToken)
    {
        // The decoder carries a character that two reads share.
        var decoder = Encoding.UTF8.GetDecoder();
        var bytes = new byte[16 * 1024];
        var characters = new char[bytes.Length + 4];
        int read;
        do
        {
            read = await pipe.ReadAsync(bytes, cancellationToken);
            Interlocked.Increment(ref _writing);
            var before = Interlocked.Add(ref _outputBytes, read) - read;
            var kept = (int)Math.Clamp(MaxOutputBytes - before, 0, read);
            var count = decoder.GetChars(bytes.AsSpan(0, kept), characters, flush: kept < read || read == 0);
            if (count > 0)
            {
                await send(wrap(new string(characters, 0, count)), cancellationToken);
            }

            Interlocked.Exchange(ref _lastOutput, Stopwatch.GetTimestamp());
            Interlocked.Decrement(ref _writing);
        }
        while (read > 0);
    }

    /// <summary>Takes what is left in the pipes. Something in the background may hold them open for ever, so silence is an end too.</summary>
    private async Task DrainAsync(Task pumps, string marker, CancellationToken cancellationToken)
    {
        var silence = ProcessTree.IsAnyLeft(marker) ? s_silence : s_silenceOfNobody;
        Interlocked.Exchange(ref _lastOutput, Stopwatch.GetTimestamp());
        while (!pumps.IsCompleted && (Volatile.Read(ref _writing) > 0 || Stopwatch.GetElapsedTime(Interlocked.Read(ref _lastOutput)) < silence))
        {
            await Task.WhenAny(pumps, Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
