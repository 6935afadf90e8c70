namespace Spoq.Infrastructure.Data;

/// <summary>
/// One reading at a time that is waited for only so long, and left alone after that instead of cancelled: to cancel a
/// query Npgsql asks the server over another connection and blocks a thread until it answers, and one that hangs does not.
/// </summary>
internal sealed class PatientReading(TimeSpan patience)
{
    private Task _reading = Task.CompletedTask;

    /// <summary>Waits for the reading before where that one still runs. Not for two callers at once.</summary>
    /// <exception cref="TimeoutException">It goes on, but nobody waits.</exception>
    public Task RunAsync(Func<CancellationToken, Task> read, CancellationToken waiting)
    {
        if (_reading.IsCompleted)
        {
            _reading = read(CancellationToken.None);
        }

        return _reading.WaitAsync(patience, waiting);
    }
}
