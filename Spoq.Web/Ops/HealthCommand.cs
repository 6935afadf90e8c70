namespace Spoq.Web.Ops;

/// <summary><c>Spoq.Web health</c>: asks the process that runs beside it, for container health checks without curl.</summary>
internal static class HealthCommand
{
    /// <returns>The exit code: 0 ready, 1 not.</returns>
    public static async Task<int> RunAsync(string port)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(4) };
        try
        {
            using var answer = await client.GetAsync(new Uri($"http://localhost:{port}/health/ready"));
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception away) when (away is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"Nothing answers on port {port}.");
            return 1;
        }
    }
}
