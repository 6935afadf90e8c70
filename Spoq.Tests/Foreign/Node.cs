using System.Collections.Concurrent;
using System.Diagnostics;
using Spoq.Tests.Support;

namespace Spoq.Tests.Foreign;

/// <summary>Node programs beside the client libraries of <c>package.json</c>, which are installed once a run.</summary>
internal static class Node
{
    private static readonly Lazy<string?> s_missing = new(FindMissing);
    private static readonly Lazy<Task> s_installed = new(InstallAsync);

    /// <summary>What this machine lacks, in words; null: nothing.</summary>
    public static string? Missing => s_missing.Value;

    public static string Folder => Path.Combine(Repository.Root, "Spoq.Tests", "Foreign");

    /// <summary>A program of this folder, or any text of a program.</summary>
    public static async Task<Run> StartAsync(string program, IReadOnlyDictionary<string, string>? variables = null)
    {
        await s_installed.Value;
        var file = program;
        if (!program.EndsWith(".mjs", StringComparison.Ordinal) || program.Contains('\n', StringComparison.Ordinal))
        {
            file = Path.Combine(Folder, "node_modules", $".{Guid.NewGuid():n}.mjs");
            await File.WriteAllTextAsync(file, program);
        }

        return new Run(Start("node", [file], variables));
    }

    private static async Task InstallAsync()
    {
        await using var install = new Run(Start("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], null));
        await install.EndAsync();
    }

    private static Process Start(string program, string[] arguments, IReadOnlyDictionary<string, string>? variables)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static string? FindMissing()
    {
        foreach (var program in new[] { "node", "npm" })
        {
            var isThere = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
            if (!isThere)
            {
                Console.WriteLine($"Foreign clients are not tried: {program} is not installed.");
                return $"{program} is not installed on this machine.";
            }
        }

        return null;
    }

    /// <summary>A running program and what it has printed.</summary>
    internal sealed class Run : IAsyncDisposable
    {
        private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

        private readonly Process _process;
        private readonly ConcurrentQueue<string> _output = [];

        public Run(Process process)
        {
            _process = process;
            process.OutputDataReceived += (_, line) => Keep(line.Data);
            process.ErrorDataReceived += (_, line) => Keep(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        /// <summary>Both streams, line by line.</summary>
        public string Output => string.Join('\n', _output);

        /// <summary>The first printed line that holds the text, as soon as there is one.</summary>
        public async Task<string> LineAsync(string text)
        {
            var found = "";
            await Eventually.TrueAsync(
                async () =>
                {
                    var hasEnded = _process.HasExited;
                    if (hasEnded)
                    {
                        // Its last words may still be on their way.
                        await _process.WaitForExitAsync();
                    }

                    found = _output.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) ?? "";
                    return found.Length > 0 || hasEnded;
                },
                $"\"{text}\" from the program",
                s_patience);
            return found.Length > 0 ? found : throw new InvalidOperationException($"The program ended without \"{text}\":\n{Output}");
        }

        /// <summary>All that it printed, once it has ended well.</summary>
        public async Task<string> EndAsync()
        {
            using var limit = new CancellationTokenSource(s_patience);
            await _process.WaitForExitAsync(limit.Token);
            return _process.ExitCode == 0 ? Output : throw new InvalidOperationException($"The program ended with {_process.ExitCode}:\n{Output}");
        }

        public ValueTask DisposeAsync()
        {
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
            }

            _process.Dispose();
            return ValueTask.CompletedTask;
        }

        private void Keep(string? line)
        {
            if (line is not null)
            {
                _output.Enqueue(line);
            }
        }
    }
}
