using Spoq.Conductor.Ask;
using Spoq.Conductor.Reports;
using Spoq.Conductor.Sessions;
using Spoq.Core.Wire;

namespace Spoq.Conductor;

internal sealed class StatusEndpoints(ConductorConfig config, IAgentModel model, SessionStore sessions, ResourceMeter meter, TimeProvider clock)
{
    private static readonly string[] s_capabilities = ["ask", "run", "sessions", "files", "sync"];
    private readonly long _started = clock.GetTimestamp();

    public DateTimeOffset StartedAt { get; } = clock.GetUtcNow();

    private long UptimeSeconds => (long)clock.GetElapsedTime(_started).TotalSeconds;

    public Task HealthAsync(HttpContext context) =>
        Answers.WriteAsync(context, new HealthAnswer("ok", ConductorVersion.Current, UptimeSeconds), WireJson.Default.HealthAnswer);

    public Task StatusAsync(HttpContext context)
    {
        var status = new ConductorStatus
        {
            Version = ConductorVersion.Current,
            Mode = ConfigFile.ModeOf(config),
            InstanceId = config.InstanceId,
            OwnerId = config.OwnerId,
            Hostname = config.Hostname,
            Capabilities = s_capabilities,
            Model = model.Name,
            StartedAt = StartedAt,
            UptimeSeconds = UptimeSeconds,
            Sessions = sessions.Count(),
            Resources = meter.Read(),
        };
        return Answers.WriteAsync(context, status, WireJson.Default.ConductorStatus);
    }
}
