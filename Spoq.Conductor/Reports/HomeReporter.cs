using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Reports;

/// <summary>Tells the control plane that this machine serves, and from then on how it fares.</summary>
internal sealed class HomeReporter(ConductorConfig config, DataDirectory data, HttpClient http, ResourceMeter meter, TimeProvider clock, ILogger<HomeReporter> log)
{
    private const string TokenFile = "instance_token.json";
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(15);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var token = SavedToken() ?? await PhoneHomeAsync(cancellationToken);
            while (token is not null)
            {
                var wait = await HeartbeatAsync(token, cancellationToken) ? s_between : s_between * (1 + Random.Shared.NextDouble());
                await Task.Delay(wait, clock, cancellationToken);
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
            using var answer = await PostAsync("phone-home", provisioningToken, new PhoneHome("done", ConductorVersion.Current), WireJson.Default.PhoneHome, cancellationToken);
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

            log.LogWarning("Phoning home failed ({Status}); next try in {Seconds:0} s.", Name(answer), wait.TotalSeconds);
            await Task.Delay(wait * (0.75 + (Random.Shared.NextDouble() / 2)), clock, cancellationToken);
            wait = TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, s_longest.Ticks));
        }
    }

    private async Task<bool> HeartbeatAsync(string instanceToken, CancellationToken cancellationToken)
    {
        var use = meter.Read();
        var heartbeat = new Heartbeat(ConductorVersion.Current, use.CpuPercent, use.MemoryUsedBytes, use.MemoryTotalBytes, use.DiskUsedBytes, use.DiskTotalBytes);
        using var answer = await PostAsync("heartbeat", instanceToken, heartbeat, WireJson.Default.Heartbeat, cancellationToken);
        if (answer is { IsSuccessStatusCode: true })
        {
            return true;
        }

        log.LogWarning("The heartbeat was not taken ({Status}).", Name(answer));
        return false;
    }

    /// <summary>Null when the control plane could not be reached.</summary>
    private async Task<HttpResponseMessage?> PostAsync<T>(string what, string token, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var root = config.ControlPlaneUrl.AbsoluteUri.TrimEnd('/');
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{root}/internal/instances/{config.InstanceId}/{what}")
        {
            Content = JsonContent.Create(body, type),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            return await http.SendAsync(request, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
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

    private static string Name(HttpResponseMessage? answer) => answer is null ? "no answer" : ((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <param name="For">SHA-256 of the provisioning token it was given for.</param>
internal sealed record SavedInstanceToken(string For, string InstanceToken);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SavedInstanceToken))]
internal sealed partial class ReportsJson : JsonSerializerContext;
