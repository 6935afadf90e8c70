using System.Net;
using System.Text.Json;
using Spoq.Conductor.Reports;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Updates;

/// <summary>Where this computer asks for newer builds.</summary>
internal sealed class UpdateDesk(ConductorConfig config, DataDirectory data, HttpClient http)
{
    private readonly HomeLine _home = new(config, http);

    /// <summary>Null: there is nothing for it now.</summary>
    /// <exception cref="BuildException">It could not be asked.</exception>
    public async Task<UpdateOffer?> AskAsync(string artifact, string version, CancellationToken cancellationToken)
    {
        if (data.Read(HomeReporter.TokenFile, ReportsJson.Default.SavedInstanceToken) is not { } saved)
        {
            throw new BuildException("This computer has not called home yet, so it is given no updates.");
        }

        using var body = JsonContent.Create(new UpdateAsk(artifact, version), WireJson.Default.UpdateAsk);
        using var answer = await _home.SendAsync(HttpMethod.Post, "update", saved.InstanceToken, body, null, cancellationToken);
        try
        {
            return answer switch
            {
                { StatusCode: HttpStatusCode.NoContent } => null,
                { IsSuccessStatusCode: true } => await answer.Content.ReadFromJsonAsync(WireJson.Default.UpdateOffer, cancellationToken),
                _ => throw new BuildException($"The control plane could not be asked for updates ({HomeLine.Name(answer)})."),
            };
        }
        catch (JsonException)
        {
            throw new BuildException("The control plane's offer could not be read.");
        }
    }

    public Uri AddressOf(UpdateOffer offer) => new($"{config.ControlPlaneUrl.AbsoluteUri.TrimEnd('/')}/releases/{offer.Name}?token={Uri.EscapeDataString(offer.Token)}");

    public static Build BuildOf(UpdateOffer offer) => new(offer.Name, offer.Version, offer.Size, offer.Sha256, offer.Signature);
}
