using System.IO.Pipelines;
using System.Text;
using Spoq.Cli.Computer;

namespace Spoq.Tests.Cli;

/// <summary>A line that says nothing any more.</summary>
public sealed class IdleLimitTests
{
    [Fact]
    public async Task Silence_ends_as_a_broken_line_and_every_word_buys_time()
    {
        var line = new Pipe();
        await using var stream = new IdleLimitStream(line.Reader.AsStream(), TimeSpan.FromSeconds(1));
        var buffer = new byte[16];
        for (var word = 0; word < 3; word++)
        {
            await line.Writer.WriteAsync("hello"u8.ToArray());
            Assert.Equal(5, await stream.ReadAsync(buffer));
        }

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, 5));
        await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(buffer).AsTask());
    }

    [Fact]
    public async Task Who_hangs_up_is_not_told_that_the_line_broke()
    {
        await using var stream = new IdleLimitStream(new Pipe().Reader.AsStream(), TimeSpan.FromMinutes(1));
        using var leaving = new CancellationTokenSource();
        var reading = stream.ReadAsync(new byte[1], leaving.Token).AsTask();
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }
}
