using System.Diagnostics;
using Spoq.Tests.Support;

namespace Spoq.Bench;

/// <summary>One self-contained file, made as <c>scripts/publish</c> makes it: what is measured is what ships.</summary>
internal static class ShippedProgram
{
    private static readonly string s_system = System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier;

    /// <param name="project">Its file.</param>
    /// <param name="name">What it makes.</param>
    /// <param name="folder">Where to.</param>
    public static async Task<string> MakeAsync(string project, string name, string folder)
    {
        Console.WriteLine($"publishing {name} as scripts/publish does...");
        string[] arguments =
        [
            "publish", project, "-c", "Release", "-r", s_system, "--self-contained", "-o", Path.Combine(folder, name + ".d"), "--artifacts-path", Path.Combine(folder, "between"),
            "-p:PublishSingleFile=true", "-p:PublishTrimmed=true", "-p:PublishReadyToRun=true", "-p:DebugType=none", "-p:RunAnalyzers=false", "-v", "q", "--nologo",
        ];
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = Repository.Root })!;
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? Path.Combine(folder, name + ".d", name) : throw new InvalidOperationException($"{name} could not be published; what dotnet printed above says why.");
    }

    /// <summary>A program that says one line and nothing else.</summary>
    public static async Task<string> MakeHelloAsync(string folder)
    {
        var source = Directory.CreateDirectory(Path.Combine(folder, "hello")).FullName;
        await File.WriteAllTextAsync(Path.Combine(source, "hello.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><InvariantGlobalization>true</InvariantGlobalization></PropertyGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(source, "Program.cs"), "System.Console.WriteLine(\"0.1.0\");");
        return await MakeAsync(Path.Combine(source, "hello.csproj"), "hello", folder);
    }

    /// <summary>Milliseconds until it has ended.</summary>
    public static async Task<double> TimeAsync(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var elapsed = watch.Elapsed.TotalMilliseconds;
        return process.ExitCode == 0 ? elapsed : throw new InvalidOperationException($"{start.FileName} ended with {process.ExitCode}: {string.Join(' ', await output)}");
    }
}
