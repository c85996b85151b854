library(shiny)

page <- fluidPage(
  titlePanel("How a mean settles"),
  sliderInput("count", "Numbers drawn", min = 10, max = 1000, value = 100),
  plotOutput("means"),
  textOutput("last")
)

server <- function(input, output, session) {
  means <- reactive(cumsum(rnorm(input$count)) / seq_len(input$count))
  output$means <- renderPlot(plot(means(), type = "l", xlab = "numbers drawn", ylab = "their mean"))
  output$last <- renderText(sprintf("The mean of %d numbers is %.3f", input$count, tail(means(), 1)))
}

shinyApp(page, server)
