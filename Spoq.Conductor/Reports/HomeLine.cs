using System.Globalization;
using System.Net.Http.Headers;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Reports;

/// <summary>What this computer says to the control plane and asks of it, each time with its own token.</summary>
internal sealed class HomeLine(ConductorConfig config, HttpClient http)
{
    /// <param name="method">GET or POST.</param>
    /// <param name="what">The last part of the address.</param>
    /// <param name="token">Of this computer.</param>
    /// <param name="body">Null: none.</param>
    /// <param name="known">The revision that is known already; null: none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Null when the control plane could not be reached.</returns>
    public async Task<HttpResponseMessage?> SendAsync(HttpMethod method, string what, string token, HttpContent? body, string? known, CancellationToken cancellationToken)
    {
        var root = config.ControlPlaneUrl.AbsoluteUri.TrimEnd('/');
        using var request = new HttpRequestMessage(method, $"{root}/internal/instances/{config.InstanceId}/{what}") { Content = body };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (known is not null)
        {
            request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{known}\""));
        }

        try
        {
            return await http.SendAsync(request, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    public static string Name(HttpResponseMessage? answer) => answer is null ? "no answer" : ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
}
