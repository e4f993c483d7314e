// Command mqtt drives an MQTT broker as a few clients: every message arrives once for each subscriber, in order, at each
// quality of service; a retained one greets who comes late, and a will is published when its client is gone without a word.
package main

import (
	"flag"
	"fmt"
	"log"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

const wait = time.Minute

func main() {
	broker := flag.String("broker", "tcp://127.0.0.1:1883", "the broker's URL")
	messages := flag.Int("n", 100, "messages at each quality of service")
	flag.Parse()
	publisher := connect(*broker, "publisher", nil)
	for qos := byte(0); qos <= 2; qos++ {
		deliver(*broker, publisher, qos, *messages)
	}
	retain(*broker, publisher)
	will(*broker)
	publisher.Disconnect(250)
	fmt.Println("ok")
}

// connect makes a client; with changes to its options.
func connect(broker, id string, change func(*mqtt.ClientOptions)) mqtt.Client {
	o := mqtt.NewClientOptions().AddBroker(broker).SetClientID(id).SetOrderMatters(true).SetAutoReconnect(false)
	if change != nil {
		change(o)
	}
	c := mqtt.NewClient(o)
	done(c.Connect())
	return c
}

func done(t mqtt.Token) {
	if !t.WaitTimeout(wait) {
		log.Fatal("the broker does not answer")
	}
	if t.Error() != nil {
		log.Fatal(t.Error())
	}
}

// deliver publishes n messages to three subscribers.
func deliver(broker string, publisher mqtt.Client, qos byte, n int) {
	topic := fmt.Sprint("numbers/", qos)
	var all sync.WaitGroup
	var subscribers []mqtt.Client
	for i := range 3 {
		c := connect(broker, fmt.Sprint("subscriber", qos, i), nil)
		subscribers = append(subscribers, c)
		next := 0
		all.Add(1)
		done(c.Subscribe("numbers/+", qos, func(_ mqtt.Client, m mqtt.Message) {
			if want := fmt.Sprint(next); m.Topic() != topic || string(m.Payload()) != want {
				log.Fatalf("subscriber %d of %s: got %s %q, want %s", i, topic, m.Topic(), m.Payload(), want)
			}
			if next++; next == n {
				all.Done()
			}
		}))
	}
	for i := range n {
		done(publisher.Publish(topic, qos, false, fmt.Sprint(i)))
	}
	arrived := make(chan struct{})
	go func() { all.Wait(); close(arrived) }()
	await(arrived, topic)
	for _, c := range subscribers {
		c.Disconnect(250)
	}
}

func retain(broker string, publisher mqtt.Client) {
	done(publisher.Publish("state", 1, true, "kept"))
	arrived := make(chan struct{})
	late := connect(broker, "late", nil)
	done(late.Subscribe("state", 1, func(_ mqtt.Client, m mqtt.Message) {
		if !m.Retained() || string(m.Payload()) != "kept" {
			log.Fatalf("retained: got %q, %v", m.Payload(), m.Retained())
		}
		close(arrived)
	}))
	await(arrived, "the retained message")
	late.Disconnect(250)
}

func will(broker string) {
	arrived := make(chan struct{})
	heir := connect(broker, "heir", nil)
	done(heir.Subscribe("wills", 1, func(_ mqtt.Client, m mqtt.Message) {
		if string(m.Payload()) != "gone" {
			log.Fatalf("the will is %q", m.Payload())
		}
		close(arrived)
	}))
	// A second client of the same name takes the first's place, which is no proper goodbye.
	change := func(o *mqtt.ClientOptions) { o.SetWill("wills", "gone", 1, false) }
	connect(broker, "mortal", change)
	second := connect(broker, "mortal", nil)
	await(arrived, "the will")
	second.Disconnect(250)
	heir.Disconnect(250)
}

func await(arrived <-chan struct{}, what string) {
	select {
	case <-arrived:
	case <-time.After(wait):
		log.Fatalf("%s did not arrive", what)
	}
}
