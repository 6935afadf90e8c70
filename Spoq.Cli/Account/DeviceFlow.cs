using System.Net.Http.Json;
using Spoq.Cli.Terminal;
using Spoq.Core.Wire;

namespace Spoq.Cli.Account;

/// <summary>RFC 8628: words on this screen, a decision at a browser, tokens here.</summary>
internal sealed class DeviceFlow(ControlPlane controlPlane, Screen screen)
{
    public async Task<Tokens> RunAsync(CancellationToken cancellationToken)
    {
        var started = await StartAsync(cancellationToken);
        screen.Complain($"To sign in, open\n  {screen.NoteInk.Cyan(started.VerificationUriComplete)}\nand check that it shows these words: {screen.NoteInk.Bold(started.UserCode.Replace('-', ' '))}");
        if (!BrowserWindow.TryOpen(started.VerificationUriComplete))
        {
            screen.Note("No browser was opened here; open the address on any device.");
        }

        await using var spinner = screen.Spin("Waiting for you to approve...");
        return await PollAsync(started, cancellationToken);
    }

    private async Task<DeviceStarted> StartAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, controlPlane.Root.At("/auth/device"))
        {
            Content = JsonContent.Create(new DeviceStart(Session.ClientId, Environment.MachineName), CliJson.Default.DeviceStart),
        };
        using var answer = await controlPlane.SendPlainAsync(request, cancellationToken);
        if (answer.IsSuccessStatusCode && await controlPlane.ReadAsync(answer, CliJson.Default.DeviceStarted, cancellationToken) is { } started)
        {
            return started;
        }

        throw await controlPlane.ReadAsync(answer, WireJson.Default.Problem, cancellationToken) is { Detail: { } detail }
            ? new CommandFailedException(ExitCode.Failed, detail)
            : controlPlane.Strange(answer);
    }

    private async Task<Tokens> PollAsync(DeviceStarted started, CancellationToken cancellationToken)
    {
        var interval = Math.Max(1, started.Interval);
        var until = DateTimeOffset.UtcNow.AddSeconds(started.ExpiresIn);
        while (DateTimeOffset.UtcNow < until)
        {
            await Task.Delay(TimeSpan.FromSeconds(interval), cancellationToken);
            using var answer = await PollOnceAsync(started, cancellationToken);
            if (answer is { IsSuccessStatusCode: true })
            {
                return await controlPlane.ReadAsync(answer, CliJson.Default.Tokens, cancellationToken) ?? throw controlPlane.Strange(answer);
            }

            var no = answer is null ? null : await controlPlane.ReadAsync(answer, CliJson.Default.DeviceNo, cancellationToken);
            interval = no?.Error switch
            {
                null or "authorization_pending" => no?.Interval ?? interval,
                "slow_down" => no.Interval ?? interval + 5,
                "access_denied" => throw new CommandFailedException(ExitCode.NotSignedIn, "The sign-in was denied in the browser. Nothing was saved."),
                "expired_token" => throw TooLate(),
                _ => throw new CommandFailedException(ExitCode.Failed, $"{no.ErrorDescription ?? no.Error} Start again with: spoq init"),
            };
        }

        throw TooLate();
    }

    /// <summary>Null: out of reach just now. The words live for minutes; a break in the line does not end them.</summary>
    private async Task<HttpResponseMessage?> PollOnceAsync(DeviceStarted started, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, controlPlane.Root.At("/auth/device/token"))
            {
                Content = JsonContent.Create(new DevicePoll(started.DeviceCode, Session.ClientId), CliJson.Default.DevicePoll),
            };
            return await controlPlane.SendPlainAsync(request, cancellationToken);
        }
        catch (CommandFailedException away) when (away.ExitCode == ExitCode.Network)
        {
            screen.Detail(away.Message);
            return null;
        }
    }

    private static CommandFailedException TooLate() => new(ExitCode.NotSignedIn, "Nobody approved in time: the words are good for ten minutes. Start again with: spoq init");
}

internal sealed record DeviceStart(string ClientId, string DeviceName);

internal sealed record DeviceStarted(string DeviceCode, string UserCode, string VerificationUriComplete, int ExpiresIn, int Interval);

internal sealed record DevicePoll(string DeviceCode, string ClientId);

internal sealed record DeviceNo(string? Error)
{
    public string? ErrorDescription { get; init; }

    public int? Interval { get; init; }
}
