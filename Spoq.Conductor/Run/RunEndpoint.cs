using System.Text;
using Spoq.Core;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Run;

/// <summary><c>POST /api/run</c>.</summary>
internal sealed class RunEndpoint(DataDirectory data, CommandGuard guard, IHostApplicationLifetime lifetime, ILogger<RunEndpoint> log)
{
    private const int MaxCommandBytes = 64 * 1024;
    private const int DefaultTimeoutSeconds = 600;

    private readonly Entrance<RunRequest> _entrance = new(WireJson.Default.RunRequest, Check);

    public Task HandleAsync(HttpContext context) => _entrance.AdmitAsync(context, RunAsync);

    private static Refusal? Check(RunRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Command))
        {
            return ConductorRefusals.CommandEmpty;
        }

        if (Encoding.UTF8.GetByteCount(request.Command) > MaxCommandBytes)
        {
            return ConductorRefusals.CommandTooLong;
        }

        if (request.Command.Contains('\0', StringComparison.Ordinal))
        {
            return ConductorRefusals.CommandHasNul;
        }

        return request.TimeoutSeconds is < 1 or > 3600 ? ConductorRefusals.TimeoutOutOfRange : null;
    }

    private async Task RunAsync(HttpContext context, RunRequest request)
    {
        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        await using var stream = await EventStream.StartAsync(context);
        Task Send(RunEvent happened, CancellationToken cancellationToken) => SendAsync(stream, happened, cancellationToken);
        try
        {
            var timeout = TimeSpan.FromSeconds(request.TimeoutSeconds ?? DefaultTimeoutSeconds);
            await Send(await new CommandRun(data.Workspace, timeout, guard, Send).RunAsync(request.Command, stopped.Token), stopped.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await Send(new RunFailed("stopping", "This computer is stopping, so the command was ended. Run it again when it is back."), CancellationToken.None);
        }
        catch (TooManyProcessesException e)
        {
            await Send(new RunFailed("too_many_processes", e.Message), stopped.Token);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            // The message may hold the command line; the number is enough.
            log.LogError("No shell could be started (error {Number}).", e.NativeErrorCode);
            await Send(new RunFailed("shell_failed", "The shell could not be started. Restart this computer and try again."), stopped.Token);
        }
    }

    private static Task SendAsync(EventStream stream, RunEvent happened, CancellationToken cancellationToken)
    {
        var name = happened switch
        {
            RunStdout => "stdout",
            RunStderr => "stderr",
            RunExit => "exit",
            _ => "error",
        };
        return stream.SendAsync(name, happened, WireJson.Default.RunEvent, cancellationToken);
    }
}
