using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Spoq.Cli.Account;

/// <summary>A valid access token whenever one is needed. Of many <c>spoq</c> that find it expired at once, one renews it and the others take what it got.</summary>
internal sealed class Session(Uri root, Home home, HttpClient http)
{
    public const string ClientId = "spoq-cli";

    // A token that ends while it is on its way is one too many.
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(60);

    // Within the server's ten seconds, whatever the way there takes.
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(400);

    public bool IsSignedIn => Find() is not null;

    public string? Email => Find()?.Email;

    public async Task<string> TokenAsync(CancellationToken cancellationToken)
    {
        var held = Find() ?? throw CommandFailedException.NotSignedIn(root);
        return IsFresh(held) ? held.AccessToken : await RenewAsync(held.AccessToken, cancellationToken);
    }

    /// <param name="seen">The access token that is no good; if another process replaced it meanwhile, theirs is taken.</param>
    /// <param name="cancellationToken">Stops waiting for the lock and the answer.</param>
    public async Task<string> RenewAsync(string seen, CancellationToken cancellationToken)
    {
        using var alone = await home.LockAsync(cancellationToken);
        var held = Find() ?? throw CommandFailedException.NotSignedIn(root);
        if (held.AccessToken != seen && IsFresh(held))
        {
            return held.AccessToken;
        }

        // Whoever presses Ctrl-C now must not lose the successor of a token that is spent.
        SignIn? renewed;
        Interrupts.Hold();
        try
        {
            renewed = await RefreshAsync(held, CancellationToken.None);
            await home.WriteAsync(renewed is null ? home.Read().Without(root) : Renewed(renewed), CancellationToken.None);
        }
        finally
        {
            Interrupts.Release();
        }

        return renewed?.AccessToken ?? throw new CommandFailedException(ExitCode.NotSignedIn, $"Your sign-in at {root.Text()} has ended. Sign in again with: spoq init");
    }

    public async Task SaveAsync(SignIn signIn, CancellationToken cancellationToken)
    {
        using var alone = await home.LockAsync(cancellationToken);
        await home.WriteAsync(home.Read().With(root, signIn), cancellationToken);
    }

    /// <returns>What was forgotten; null: nobody was signed in.</returns>
    public async Task<SignIn?> ForgetAsync(CancellationToken cancellationToken)
    {
        using var alone = await home.LockAsync(cancellationToken);
        var held = Find();
        if (held is not null)
        {
            await home.WriteAsync(home.Read().Without(root), cancellationToken);
        }

        return held;
    }

    private Credentials Renewed(SignIn renewed)
    {
        var all = home.Read();
        return all.With(root, renewed) with { Last = all.Last };
    }

    private SignIn? Find() => home.Read().SignIns.GetValueOrDefault(root.Text());

    private static bool IsFresh(SignIn signIn) => signIn.ExpiresAt - DateTimeOffset.UtcNow > s_margin;

    /// <summary>RFC 6749, section 6. Null: the sign-in has ended.</summary>
    private async Task<SignIn?> RefreshAsync(SignIn held, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await PostAsync(held, cancellationToken);
            if (answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized && await IsEndedAsync(answer, cancellationToken))
            {
                return null;
            }

            if (!answer.IsSuccessStatusCode)
            {
                throw new CommandFailedException(ExitCode.Network, $"{root.Text()} could not renew your sign-in (HTTP {(int)answer.StatusCode}). Try again in a moment.");
            }

            var tokens = await answer.Content.ReadFromJsonAsync(CliJson.Default.Tokens, cancellationToken) ?? throw new JsonException();
            return tokens.SignIn(held.Email);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            throw CommandFailedException.OutOfReach(root);
        }
        catch (JsonException)
        {
            throw new CommandFailedException(ExitCode.Failed, $"{root.Text()} answered something that is no token. Check the address.");
        }
    }

    /// <summary>An answer that was lost on its way is asked for again: for ten seconds the server gives it once more.</summary>
    private async Task<HttpResponseMessage> PostAsync(SignIn held, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            using var form = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "refresh_token",
                ["client_id"] = ClientId,
                ["refresh_token"] = held.RefreshToken,
            });
            try
            {
                return await http.PostAsync(root.At("/oauth/token"), form, cancellationToken);
            }
            catch (HttpRequestException e) when (!NeverLeft(e) && Stopwatch.GetElapsedTime(began) < s_again)
            {
                await Task.Delay(s_between, cancellationToken);
            }
        }
    }

    private static bool NeverLeft(HttpRequestException e) =>
        e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError;

    /// <summary>Anything else, such as a proxy's own page, is no reason to forget a sign-in.</summary>
    private static async Task<bool> IsEndedAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            return (await answer.Content.ReadFromJsonAsync(CliJson.Default.TokenRefused, cancellationToken))?.Error == "invalid_grant";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}

/// <summary>RFC 6749, section 5.2.</summary>
internal sealed record TokenRefused(string Error);

/// <summary>RFC 6749, section 5.1.</summary>
internal sealed record Tokens(string AccessToken, string RefreshToken, long ExpiresIn)
{
    public string? VpsHostname { get; init; }

    public SignIn SignIn(string? email) => new(AccessToken, RefreshToken, DateTimeOffset.UtcNow.AddSeconds(ExpiresIn), email);
}
