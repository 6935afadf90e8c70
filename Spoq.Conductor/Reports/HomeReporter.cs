using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Reports;

/// <summary>Tells the control plane that this machine serves, and from then on how it fares.</summary>
internal sealed class HomeReporter(ConductorConfig config, DataDirectory data, HomeLine home, Heartbeats heartbeats, TimeProvider clock, ILogger<HomeReporter> log)
{
    public const string TokenFile = "instance_token.json";
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(15);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            if ((SavedToken() ?? await PhoneHomeAsync(cancellationToken)) is { } token)
            {
                await heartbeats.RunAsync(token, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
        catch (Exception e)
        {
            // Reports are a courtesy: without them the machine still serves its owner.
            log.LogError(e, "Reporting home ended.");
        }
    }

    /// <summary>The token of an earlier call home, unless the provisioning token has changed since: then this machine was ordered anew.</summary>
    private string? SavedToken()
    {
        var saved = data.Read(TokenFile, ReportsJson.Default.SavedInstanceToken);
        return saved is not null && (config.ProvisioningToken is null || saved.For == Hash(config.ProvisioningToken)) ? saved.InstanceToken : null;
    }

    private async Task<string?> PhoneHomeAsync(CancellationToken cancellationToken)
    {
        if (config.ProvisioningToken is not { } provisioningToken)
        {
            log.LogInformation("No provisioning token: this Conductor does not report home.");
            return null;
        }

        var wait = TimeSpan.FromSeconds(1);
        while (true)
        {
            using var answer = await home.SendAsync(
                HttpMethod.Post, "phone-home", provisioningToken, JsonContent.Create(new PhoneHome("done", ConductorVersion.Current), WireJson.Default.PhoneHome), null, cancellationToken);
            if (answer?.StatusCode == HttpStatusCode.OK && await ReadAsync(answer, cancellationToken) is { } token)
            {
                var saved = new SavedInstanceToken(Hash(provisioningToken), token);
                try
                {
                    await data.WriteAsync(TokenFile, saved, ReportsJson.Default.SavedInstanceToken, cancellationToken);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    log.LogWarning("The instance token could not be kept: {Reason}", e.Message);
                }

                log.LogInformation("The control plane knows that this machine serves.");
                return token;
            }

            log.LogWarning("Phoning home failed ({Status}); next try in {Seconds:0} s.", HomeLine.Name(answer), wait.TotalSeconds);
            await Task.Delay(wait * (0.75 + (Random.Shared.NextDouble() / 2)), clock, cancellationToken);
            wait = TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, s_longest.Ticks));
        }
    }

    private static async Task<string?> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            return (await answer.Content.ReadFromJsonAsync(WireJson.Default.PhoneHomeAnswer, cancellationToken))?.InstanceToken;
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            return null;
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <param name="For">SHA-256 of the provisioning token it was given for.</param>
internal sealed record SavedInstanceToken(string For, string InstanceToken);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SavedInstanceToken))]
internal sealed partial class ReportsJson : JsonSerializerContext;
