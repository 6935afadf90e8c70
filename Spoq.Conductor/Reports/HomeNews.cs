using Spoq.Conductor.Desired;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Reports;

/// <summary>What goes with the next heartbeat and is told once: devices that were seen, how an update ended.</summary>
internal sealed class HomeNews(DeviceSightings sightings, DataDirectory data)
{
    private UpdateOutcome? _told;

    public Heartbeat AddTo(Heartbeat heartbeat)
    {
        var outcome = data.Read(UpdateOutcome.FileName, WireJson.Default.UpdateOutcome);
        return heartbeat with { Devices = sightings.News(), Update = outcome == _told ? null : outcome };
    }

    public void Told(Heartbeat heartbeat)
    {
        sightings.Told(heartbeat.Devices ?? []);
        _told = heartbeat.Update ?? _told;
    }
}
