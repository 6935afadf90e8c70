using System.Diagnostics;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Identity;
using Spoq.Infrastructure.Accounts;
using Spoq.Tests.Support;

namespace Spoq.Bench;

/// <summary>Logins a second over the JSON API, against the bare password hashes that they must compute.</summary>
internal static class LoginBench
{
    private const string Password = "correct horse battery staple";
    private const int Rounds = 3;

    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(4);

    public static async Task RunAsync()
    {
        await using var server = await SpoqServer.NewAsync();
        var email = $"{Guid.NewGuid():n}@example.com";
        using (var client = server.NewClient())
        {
            using var registered = await client.PostAsJsonAsync("/api/auth/register", new { email, password = Password });
            registered.EnsureSuccessStatusCode();
            using var confirmed = await client.PostAsJsonAsync("/api/auth/verify-email", new { email, password = Password, code = await server.CodeFromMailAsync(email) });
            confirmed.EnsureSuccessStatusCode();
        }

        using var crowd = new Crowd(server.BaseUrl, Environment.ProcessorCount * 2);
        var hasher = new PasswordHasher<User>(Microsoft.Extensions.Options.Options.Create(new PasswordHasherOptions { IterationCount = 210_000 }));
        var hash = hasher.HashPassword(new User(), Password);
        var (ours, bare) = (new List<double>(), new List<double>());
        for (var round = 0; round <= Rounds; round++)
        {
            var hashes = await HashAsync(hasher, hash);
            var logins = (await crowd.RunAsync(s_time, (_, client) => LogInAsync(client, email))).Count / s_time.TotalSeconds;

            // The first round warms the JIT and the pools.
            if (round > 0)
            {
                bare.Add(hashes);
                ours.Add(logins);
            }
        }

        Console.WriteLine($"bare password checks: {bare.Median():0.0} a second on {Environment.ProcessorCount} cores");
        Console.WriteLine($"logins:               {ours.Median():0.0} a second");
        Console.WriteLine($"ratio ours/bare: {ours.Zip(bare, (a, b) => a / b).Median():0.00} (median of {Rounds} interleaved rounds)");
    }

    private static async Task<double> HashAsync(PasswordHasher<User> hasher, string hash)
    {
        var count = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(() =>
        {
            while (watch.Elapsed < s_time)
            {
                hasher.VerifyHashedPassword(new User(), hash, Password);
                Interlocked.Increment(ref count);
            }
        })));
        return count / s_time.TotalSeconds;
    }

    private static async Task LogInAsync(HttpClient client, string email)
    {
        using var answer = await client.PostAsJsonAsync("/api/auth/login", new { email, password = Password });
        if ((int)answer.StatusCode is not 200)
        {
            throw new InvalidOperationException($"A login was answered with {(int)answer.StatusCode}.");
        }
    }
}
